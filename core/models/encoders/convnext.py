"""The encoder of the DCASE 2024 baseline: ConvNeXt-Tiny, trained on AudioSet tags.

Frame embeddings of 768 values every 0.32 s, and the probabilities of 527 AudioSet classes. The
weights (Pellegrini et al., Zenodo 8020843 and 10987498) are not shipped; `core.models.weights`
knows where they come from. They are loaded strictly: without the layer scales the network still
runs, but its frames are near useless.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Self

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from core import paths
from core.audio.encoder import Encoding
from core.audio.log_mel import LogMel
from core.errors import EncoderError
from core.files import read_json
from core.models.encoders.convnext_frontend import (
    HOP,
    SAMPLE_RATE,
    STORED_NAMES,
    band_middles,
    differing_tensor,
)
from core.models.encoders.convnext_network import CLASSES, DIM, MIN_SAMPLES, ConvNeXt
from core.models.state_checks import mismatch
from core.models.torch_files import TorchFileError, read_torch_file

FRAME_SAMPLES = 10_240
# Seconds of sound in one pass of a GPU; a CPU gains nothing from more than one waveform at a time.
_SECONDS_PER_PASS_GPU = 480


class ConvNeXtEncoder:
    """ConvNeXt-Tiny as an `AudioEncoder`.

    Parameters
    ----------
    weights
        A released ``.pth`` file (``{"model": state}`` or a bare state), or the same tensors as
        ``.safetensors``.
    name
        As `core.models.encoders.load_encoder` knows these weights.

    Raises
    ------
    EncoderError
        The file is missing, damaged or does not hold exactly this network's tensors.
    """

    sample_rate = SAMPLE_RATE
    frame_seconds = FRAME_SAMPLES / SAMPLE_RATE
    dim = DIM

    def __init__(self, weights: Path | str, name: str = "convnext-tiny") -> None:
        self.name = name
        state = read_state(Path(weights))
        self.tag_names = load_tag_names()
        self.weights_hash = _hash(state)
        self._device = torch.device("cpu")
        self._network = build_network(state)

    @property
    def concurrent(self) -> bool:
        """Whether several threads may encode at once and gain by it: on a CPU."""
        return self._device.type == "cpu"

    def to(self, device: torch.device | str) -> Self:
        """Move the weights to a device and return the encoder itself."""
        self._device = torch.device(device)
        self._network.to(self._device)
        return self

    def encode(self, waveform: torch.Tensor) -> Encoding:
        """Encode one mono waveform (n,), float32 at 32 kHz; 30 s give 94 frames.

        A sound below 0.23 s is followed by silence up to there, because the network divides time
        by 32 and would have no frame left; such a sound gives one frame.

        Raises
        ------
        EncoderError
            The waveform is empty or is not one row of floating-point samples.
        """
        return self.encode_batch([waveform])[0]

    def encode_batch(self, waveforms: Sequence[torch.Tensor]) -> list[Encoding]:
        """Encode waveforms of any lengths, none of them padded to the length of another.

        On a GPU those of equal length go through the network together.
        """
        for waveform in waveforms:
            _check(waveform)
        at_once = 0 if self._device.type == "cpu" else _SECONDS_PER_PASS_GPU * SAMPLE_RATE
        encodings: dict[int, Encoding] = {}
        for indices in equal_lengths([len(waveform) for waveform in waveforms], at_once):
            samples = torch.stack([_long_enough(waveforms[index]) for index in indices])
            with torch.inference_mode(), _full_precision(self._device):
                frames, logits = self._network(samples.to(self._device, torch.float32))
                tags = logits.sigmoid()
            for row, index in enumerate(indices):
                # Copies made outside inference mode may be used in training.
                encodings[index] = Encoding(frames[row].clone(), tags[row].clone())
        return [encodings[index] for index in range(len(waveforms))]

    def tag_logits(self, frames: torch.Tensor) -> torch.Tensor:
        """Return the class logits (1, 527) of a clip from its frames (T, 768)."""
        with torch.no_grad():
            return self._network.tag_logits(frames[None].to(self._device, torch.float32))

    def log_mel(self, waveform: torch.Tensor) -> LogMel:
        """Return the log-mel spectrogram that the network is given, for one waveform (n,)."""
        _check(waveform)
        samples = _long_enough(waveform)[None].to(self._device, torch.float32)
        with torch.inference_mode():
            levels = self._network.front_end(samples)[0]
        return LogMel(
            levels_db=levels.T.contiguous().cpu().numpy(),
            band_hertz=band_middles().numpy(),
            first_seconds=0.0,
            frame_seconds=HOP / SAMPLE_RATE,
            sample_rate=SAMPLE_RATE,
        )


def equal_lengths(lengths: Sequence[int], at_once: int) -> list[list[int]]:
    """Group the indices of equal lengths, each group at most `at_once` in sum but never empty."""
    by_length: dict[int, list[int]] = {}
    for index, length in enumerate(lengths):
        by_length.setdefault(length, []).append(index)
    groups = []
    for length, indices in by_length.items():
        size = max(1, at_once // max(length, 1))
        groups += [indices[start : start + size] for start in range(0, len(indices), size)]
    return groups


def read_state(path: Path) -> dict[str, torch.Tensor]:
    """Read and check a weights file; return the learnt tensors, without the fixed front end.

    Raises `EncoderError` with one sentence about the file.
    """
    content = _content(path)
    if isinstance(content, dict) and isinstance(content.get("model"), dict):
        content = content["model"]
    if not isinstance(content, dict):
        raise EncoderError(f"{path} holds no network weights; choose a released ConvNeXt file.")
    stored = {name: value for name, value in content.items() if isinstance(value, torch.Tensor)}
    if not stored:
        raise EncoderError(f"{path} holds no network weights; choose a released ConvNeXt file.")
    state = {name: value for name, value in stored.items() if name not in STORED_NAMES}
    with torch.device("meta"):
        expected = ConvNeXt().state_dict()
    if problem := mismatch(expected, state):
        raise EncoderError(
            f"{path} {problem}; it is damaged or not the AudioSet ConvNeXt-Tiny with a 4 x 4 stem."
        )
    if name := differing_tensor(stored):
        raise EncoderError(
            f"{path} was trained on another spectrogram ({name} differs), so its frames would be "
            "wrong; choose a released ConvNeXt file."
        )
    return state


def build_network(state: dict[str, torch.Tensor]) -> ConvNeXt:
    """Return the network with the tensors of `read_state`, frozen, in evaluation mode."""
    with torch.device("meta"):
        network = ConvNeXt()
    # The front end has no stored tensors: it is made for real.
    network.front_end = type(network.front_end)()
    network.load_state_dict(state, assign=True)
    network.requires_grad_(False).eval()
    # torch's stubs leave out the overload for a memory format.
    return network.float().to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def load_tag_names() -> tuple[str, ...]:
    """Return the names of the 527 AudioSet classes, as the outputs stand. Raises `EncoderError`."""
    path = paths.resources_dir() / "audioset" / "tags.json"
    try:
        names = tuple(str(name) for name in read_json(path)["names"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EncoderError(f"{path} cannot be read ({error}); reinstall AAC Studio.") from error
    if len(names) != CLASSES:
        raise EncoderError(f"{path} has {len(names)} of {CLASSES} names; reinstall AAC Studio.")
    return names


def _content(path: Path) -> Any:
    """Return what a weights file holds."""
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return read_torch_file(path)
    except TorchFileError as error:
        raise EncoderError(f"{path} {error}.") from error
    except FileNotFoundError:
        raise EncoderError(f"{path} does not exist; choose another file.") from None
    except (OSError, SafetensorError) as error:
        raise EncoderError(f"{path} is damaged or cut short; get the file again.") from error


def _hash(state: dict[str, torch.Tensor]) -> str:
    """SHA-256 of all names and values, the same for the same weights in any kind of file."""
    digest = hashlib.sha256()
    for name in sorted(state):
        digest.update(name.encode())
        digest.update(state[name].contiguous().numpy().data)
    return digest.hexdigest()


def _full_precision(device: torch.device) -> AbstractContextManager[None]:
    """Keep a GPU's convolutions from rounding to TF32: frames shall not depend on the device.

    The switch is the whole program's, so it is left alone where several threads may encode.
    """
    if device.type == "cpu":
        return nullcontext()
    return torch.backends.cudnn.flags(enabled=True, allow_tf32=False)


def _check(waveform: torch.Tensor) -> None:
    if waveform.dim() != 1 or not waveform.is_floating_point():
        raise EncoderError(
            "ConvNeXt takes one mono waveform of floating-point samples; it was given "
            f"{waveform.dtype} of shape {tuple(waveform.shape)}."
        )
    if not len(waveform):
        raise EncoderError("ConvNeXt cannot encode a sound of zero length; choose a longer one.")


def _long_enough(waveform: torch.Tensor) -> torch.Tensor:
    """Return the waveform, followed by silence where it is too short for a single frame."""
    missing = MIN_SAMPLES - len(waveform)
    return torch.nn.functional.pad(waveform, (0, missing)) if missing > 0 else waveform
