"""YAMNet in torch: 64 log-mel bands in, 1024-d frame embeddings and 521 AudioSet tags out.

Architecture and front end are those of YAMNet (MobileNet v1 on AudioSet; Plakal and Ellis,
TensorFlow models, Apache-2.0); the weights come from `core.models.encoders.yamnet_weights`.

The network hears patches of 0.96 s. It is run patch by patch and never over a whole clip at once:
every unit was trained with zero padding 0.96 s apart and the tags collapse without it. The
last map of a patch is 3 (time) x 2 (frequency) cells of 1024; the mean over frequency gives three
frames of 0.32 s.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Self

import torch
from torch.nn import functional

from core.audio.encoder import Encoding
from core.audio.log_mel import LogMel
from core.errors import EncoderError
from core.models.encoders.yamnet_frontend import (
    FFT,
    HOP,
    SAMPLE_RATE,
    WINDOW,
    YamNetFrontEnd,
    band_hertz,
)
from core.models.encoders.yamnet_network import DIM, YamNetNetwork
from core.models.encoders.yamnet_weights import load_tag_names, load_weights

PATCH_FRAMES = 3
PATCH_SAMPLES = 15_360
FRAME_SAMPLES = PATCH_SAMPLES // PATCH_FRAMES


# The last spectrum of a patch reaches beyond the patch's own samples.
_PATCH_REACH = PATCH_SAMPLES + FFT - HOP
# Patches in one pass of the network: what fits the caches of a CPU, or fills a GPU.
_PATCHES_PER_PASS = {"cpu": 32}
_PATCHES_PER_PASS_GPU = 512


class YamNet:
    """YAMNet as an `AudioEncoder`: 1024-d frames of 0.32 s and 521 AudioSet tags."""

    name = "yamnet"
    sample_rate = SAMPLE_RATE
    frame_seconds = FRAME_SAMPLES / SAMPLE_RATE
    dim = DIM

    def __init__(self) -> None:
        weights, self.weights_hash = load_weights()
        self.tag_names = load_tag_names()
        self._device = torch.device("cpu")
        self._front_end = YamNetFrontEnd().requires_grad_(False).eval()
        with torch.device("meta"):
            self._network = YamNetNetwork()
        self._network.to_empty(device="cpu")
        self._network.load_weights(weights)
        self._network.requires_grad_(False).eval()
        # torch's stubs leave out the overload for a memory format.
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @property
    def concurrent(self) -> bool:
        """Whether several threads may encode at once and gain by it: on a CPU."""
        return self._device.type == "cpu"

    @property
    def network(self) -> YamNetNetwork:
        """The network itself, e.g. to be tuned."""
        return self._network

    def patch_magnitudes(self, waveform: torch.Tensor, hop: int) -> torch.Tensor:
        """Return the mel magnitudes (P, 96, 64) of a waveform's patches, one every `hop` samples.

        The patches are those of `patch_logits`; `log_magnitudes` makes them what the network takes.
        """
        _check(waveform)
        patches = torch.stack(list(_patches([waveform], [_starts(waveform, hop)])))
        with torch.no_grad():
            return self._front_end.magnitudes(patches.to(self._device, torch.float32))

    @property
    def tag_weights(self) -> torch.Tensor:
        """Rows of the classifier, (521, 1024)."""
        return self._network.classifier.weight

    def to(self, device: torch.device | str) -> Self:
        """Move the weights to a device and return the encoder itself."""
        self._device = torch.device(device)
        self._front_end.to(self._device)
        self._network.to(self._device)
        return self

    def encode(self, waveform: torch.Tensor) -> Encoding:
        """Encode one mono waveform (n,), float32 at 16 kHz, into ceil(n / 5120) frames.

        Raises
        ------
        EncoderError
            The waveform is empty or is not one row of floating-point samples.
        """
        return self.encode_batch([waveform])[0]

    def encode_batch(self, waveforms: Sequence[torch.Tensor]) -> list[Encoding]:
        """Encode waveforms of any lengths at once; working memory does not grow with them."""
        starts = [range(0, len(waveform), PATCH_SAMPLES) for waveform in waveforms]
        return [
            self._encoding(part, len(waveform))
            for part, waveform in zip(self._embed(waveforms, starts), waveforms, strict=True)
        ]

    def patch_logits(self, waveforms: Sequence[torch.Tensor], hop: int) -> list[torch.Tensor]:
        """Return the class logits (P, 521) of each waveform's patches of 0.96 s, one every `hop`.

        `hop` is in samples. The last patch is the first that reaches the end of the waveform.
        """
        starts = [_starts(waveform, hop) for waveform in waveforms]
        with torch.no_grad():
            return [
                self._network.classifier(part.mean(1)) for part in self._embed(waveforms, starts)
            ]

    def tag_logits(self, frames: torch.Tensor) -> torch.Tensor:
        """Return the class logits (P, 521) of the patches of 0.96 s that frames (T, 1024) are of.

        A last patch that was cut short is judged by the frames that are left of it.
        """
        patches = [part.mean(0) for part in frames.float().split(PATCH_FRAMES)]
        with torch.no_grad():
            return self._network.classifier(torch.stack(patches).to(self._device))

    def _embed(
        self, waveforms: Sequence[torch.Tensor], starts: Sequence[range]
    ) -> tuple[torch.Tensor, ...]:
        """Embed the patches that begin at `starts` of each waveform: (patches, 3, 1024) each."""
        for waveform in waveforms:
            _check(waveform)
        counts = [len(places) for places in starts]
        # Made outside inference mode, so that the results may be used in training.
        embeddings = torch.empty(sum(counts), PATCH_FRAMES, DIM, device=self._device)
        with torch.inference_mode():
            done = 0
            # Passes of one size: a last one of few patches would take nearly as long as a full one.
            passes = max(1, math.ceil(sum(counts) / self._patches_per_pass()))
            size = math.ceil(sum(counts) / passes)
            for patches in _grouped(_patches(waveforms, starts), size):
                log_mel = self._front_end(patches.to(self._device, torch.float32))
                embeddings[done : done + len(patches)] = self._network(log_mel)
                done += len(patches)
        return embeddings.split(counts)

    def _encoding(self, embeddings: torch.Tensor, samples: int) -> Encoding:
        """Drop the frames that lie wholly in the padding and average the tags of the patches."""
        frames = math.ceil(samples / FRAME_SAMPLES)
        with torch.no_grad():
            probabilities = self._network.classifier(embeddings.mean(1)).sigmoid()
            heard = torch.full((len(embeddings), 1), float(PATCH_FRAMES), device=self._device)
            heard[-1] = frames - PATCH_FRAMES * (len(embeddings) - 1)
            tags = (probabilities * heard).sum(0) / frames
        # A copy, so that one clip's frames do not keep those of the whole batch alive.
        return Encoding(embeddings.reshape(-1, DIM)[:frames].clone(), tags)

    def log_mel(self, waveform: torch.Tensor) -> LogMel:
        """Return the log-mel spectrogram that the patches are cut from, for one waveform (n,)."""
        _check(waveform)
        frames = math.ceil(len(waveform) / HOP)
        padded = functional.pad(waveform, (0, (frames - 1) * HOP + FFT - len(waveform)))
        with torch.inference_mode():
            levels = self._front_end(padded[None].to(self._device, torch.float32))[0]
        return LogMel(
            levels_db=(levels.T * (20.0 / math.log(10.0))).contiguous().cpu().numpy(),
            band_hertz=band_hertz().numpy(),
            first_seconds=WINDOW / 2 / SAMPLE_RATE,
            frame_seconds=HOP / SAMPLE_RATE,
            sample_rate=SAMPLE_RATE,
        )

    def _patches_per_pass(self) -> int:
        return _PATCHES_PER_PASS.get(self._device.type, _PATCHES_PER_PASS_GPU)


def _check(waveform: torch.Tensor) -> None:
    if waveform.dim() != 1 or not waveform.is_floating_point():
        raise EncoderError(
            "YAMNet takes one mono waveform of floating-point samples; it was given "
            f"{waveform.dtype} of shape {tuple(waveform.shape)}."
        )
    if not len(waveform):
        raise EncoderError("YAMNet cannot encode a sound of zero length; choose a longer one.")


def _starts(waveform: torch.Tensor, hop: int) -> range:
    """Return where patches begin: the last is the first that reaches the end of the waveform."""
    return range(0, max(1, len(waveform) - PATCH_SAMPLES + hop), hop)


def _patches(waveforms: Iterable[torch.Tensor], starts: Iterable[range]) -> Iterator[torch.Tensor]:
    """Yield the samples of each patch (15712,), zeros beyond the end of the waveform."""
    for waveform, places in zip(waveforms, starts, strict=True):
        for start in places:
            patch = waveform[start : start + _PATCH_REACH]
            yield functional.pad(patch, (0, _PATCH_REACH - len(patch)))


def _grouped(patches: Iterator[torch.Tensor], size: int) -> Iterator[torch.Tensor]:
    group: list[torch.Tensor] = []
    for patch in patches:
        group.append(patch)
        if len(group) == size:
            yield torch.stack(group)
            group = []
    if group:
        yield torch.stack(group)
