"""What an audio encoder is given to hear: its own log-mel spectrogram. NumPy only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True, eq=False)
class LogMel:
    """A log-mel spectrogram as an encoder computes it.

    Attributes
    ----------
    levels_db
        (bands, frames) float32, the lowest band first; 20 log10 of magnitudes, on the encoder's
        own scale and with its own floor.
    band_hertz
        (bands,) middle frequency of each band in Hz.
    first_seconds, frame_seconds
        Middle of the first frame, and time from one frame to the next.
    sample_rate
        Rate in Hz of what the encoder hears.
    """

    levels_db: NDArray[np.float32]
    band_hertz: NDArray[np.float64]
    first_seconds: float
    frame_seconds: float
    sample_rate: int


@runtime_checkable
class ShowsLogMel(Protocol):
    """An `AudioEncoder` that can show what it hears."""

    def log_mel(self, waveform: torch.Tensor) -> LogMel:
        """Return the log-mel spectrogram of one mono waveform (n,) at the encoder's rate."""
        ...
