"""YAMNet's front end: patches of samples to log-mel spectra (see `core.models.encoders.yamnet`)."""

from __future__ import annotations

import math

import torch
from torch import nn

SAMPLE_RATE = 16_000
HOP = 160
WINDOW = 400
FFT = 512
BANDS = 64
_LOWEST_HZ, _HIGHEST_HZ = 125.0, 7500.0
_LOG_OFFSET = 0.001


class YamNetFrontEnd(nn.Module):
    """Patches of samples to patches of log-mel spectra, by YAMNet's rules.

    Magnitude spectra of periodic Hann windows (25 ms, every 10 ms), 64 HTK mel bands from 125 to
    7500 Hz, log(mel + 0.001).
    """

    window: torch.Tensor
    mel: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        window = torch.zeros(FFT)
        window[:WINDOW] = torch.hann_window(WINDOW, periodic=True)
        self.register_buffer("window", window, persistent=False)
        self.register_buffer("mel", _mel_weights(), persistent=False)

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        """(P, 15712) samples at 16 kHz to (P, 96, 64)."""
        return self.magnitudes(samples).add_(_LOG_OFFSET).log_()

    def magnitudes(self, samples: torch.Tensor) -> torch.Tensor:
        """(P, 15712) samples at 16 kHz to mel magnitudes (P, 96, 64), before the logarithm."""
        spectra = torch.fft.rfft(samples.unfold(-1, FFT, HOP) * self.window)
        # Root of the power, added up by hand: twice as fast as sum(), and the more than abs().
        squares = torch.view_as_real(spectra).square_()
        magnitude = (squares[..., 0] + squares[..., 1]).sqrt_()
        return magnitude @ self.mel


def log_magnitudes(magnitudes: torch.Tensor) -> torch.Tensor:
    """Return what the network takes for mel magnitudes (..., bands), in the same shape."""
    return (magnitudes + _LOG_OFFSET).log()


def band_hertz() -> torch.Tensor:
    """Return the centres (64,) of the bands in Hz, float64."""
    centres = torch.linspace(_mel_of(_LOWEST_HZ), _mel_of(_HIGHEST_HZ), BANDS + 2)[1:-1]
    return 700.0 * (torch.exp(centres.double() / 1127.0) - 1.0)


def _mel_of(hertz: float) -> float:
    return 1127.0 * math.log1p(hertz / 700.0)


def _mel_weights() -> torch.Tensor:
    """(257, 64) triangular weights, HTK mel scale, each band peaking at 1.

    The triangles are straight lines on the mel axis, as in YAMNet's own front end (on the axis of
    frequency, as most libraries draw them, the bands come out slightly different).
    """

    def mel(hertz: torch.Tensor) -> torch.Tensor:
        return 1127.0 * torch.log1p(hertz / 700.0)

    bins = mel(torch.linspace(0, SAMPLE_RATE / 2, FFT // 2 + 1, dtype=torch.float64))
    low, high = _mel_of(_LOWEST_HZ), _mel_of(_HIGHEST_HZ)
    edges = torch.linspace(low, high, BANDS + 2, dtype=torch.float64)
    rising = (bins[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    weights = torch.minimum(rising, falling).clamp_min(0)
    weights[0] = 0  # the constant part of a signal is not sound
    return weights.float()
