"""What an audio encoder is: a waveform in, frame embeddings and sound-event tags out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """What an encoder hears in one waveform.

    Attributes
    ----------
    frames
        Frame embeddings (T, D), float32, one row per `AudioEncoder.frame_seconds`.
    tag_probabilities
        Probability of each sound class over the whole waveform, (C,), float32, in the order of
        `AudioEncoder.tag_names`.
    """

    frames: torch.Tensor
    tag_probabilities: torch.Tensor


@runtime_checkable
class AudioEncoder(Protocol):
    """A frozen network that turns sound into embeddings.

    Encoders are stateless between calls and safe to use from any one thread at a time, or from
    several at once where they are a `SharedEncoder`. The tensors they return live on the encoder's
    device and take part in autograd like any constant.
    """

    @property
    def name(self) -> str:
        """Stable name, as `core.models.encoders.load_encoder` takes it."""
        ...

    @property
    def sample_rate(self) -> int:
        """Sample rate of the waveforms it takes, in Hz."""
        ...

    @property
    def frame_seconds(self) -> float:
        """Time from one frame to the next, in seconds."""
        ...

    @property
    def dim(self) -> int:
        """Size D of a frame embedding."""
        ...

    @property
    def tag_names(self) -> tuple[str, ...]:
        """Names of the C sound classes."""
        ...

    @property
    def weights_hash(self) -> str:
        """SHA-256 (hex) that changes whenever the weights change."""
        ...

    def encode(self, waveform: torch.Tensor) -> Encoding:
        """Encode one mono waveform (n,), float32, at `sample_rate`; `EncoderError` if empty."""
        ...

    def encode_batch(self, waveforms: Sequence[torch.Tensor]) -> list[Encoding]:
        """Encode waveforms (n,) of any lengths at once, with the same results as one by one."""
        ...

    def to(self, device: torch.device | str) -> Self:
        """Move the weights to a device and return the encoder itself."""
        ...


@runtime_checkable
class SharedEncoder(Protocol):
    """An encoder that several threads may call at once."""

    @property
    def concurrent(self) -> bool:
        """Whether they may where it is now, and whether that is faster than one after another."""
        ...


@runtime_checkable
class PredictsTags(Protocol):
    """An encoder whose sound classes can be predicted from its frames, stored ones included."""

    @property
    def tag_names(self) -> tuple[str, ...]:
        """Names of the C sound classes."""
        ...

    def tag_logits(self, frames: torch.Tensor) -> torch.Tensor:
        """Return the logits (P, C) of the classes in P segments of a clip of frames (T, D)."""
        ...


@runtime_checkable
class EncodesClosely(Protocol):
    """An encoder with a better encoding that takes several times as long."""

    def encode_closely(self, waveforms: Sequence[torch.Tensor]) -> list[Encoding]:
        """Encode waveforms (n,) as `AudioEncoder.encode_batch` does, into as many frames."""
        ...


def encode_for_captioning(
    encoder: AudioEncoder, waveforms: Sequence[torch.Tensor]
) -> list[Encoding]:
    """Encode waveforms (n,) that are to be captioned, closely if the encoder can.

    Features for training are made by `AudioEncoder.encode_batch`.
    """
    if isinstance(encoder, EncodesClosely):
        return encoder.encode_closely(waveforms)
    return encoder.encode_batch(waveforms)
