"""Log-mel front end of the AudioSet ConvNeXt: 32 kHz samples to 224 bands, every 10 ms.

Numbers as in the public code (topel/audioset-convnext-inf, ``pytorch/convnext.py``; torchlibrosa
0.1.0): STFT of 1024 samples, hop 320, periodic Hann, reflect padding at both ends, power; 224
Slaney mel bands from 50 Hz to 14 kHz; 10 log10(max(mel, 1e-10)) without a floor below the maximum.
The public code computes the STFT as two dense convolutions; an FFT gives the same with a tenth of
the arithmetic.
"""

from __future__ import annotations

import math

import torch
from torch import nn

SAMPLE_RATE = 32_000
FFT = 1024
HOP = 320
BANDS = 224

_LOWEST_HZ = 50.0
_HIGHEST_HZ = 14_000.0
_FLOOR = 1e-10
# Tensors of the front end inside the released files: fixed, never trained. Values lie within
# -1..1 (transform) and 0..0.03 (mel); what differs more than this hears something else.
_TOLERANCES = {
    "spectrogram_extractor.stft.conv_real.weight": 1e-4,
    "spectrogram_extractor.stft.conv_imag.weight": 1e-4,
    "logmel_extractor.melW": 1e-6,
}
STORED_NAMES = tuple(_TOLERANCES)


class LogMel(nn.Module):
    """(B, n) samples at 32 kHz to (B, n // 320 + 1, 224) mel bands in dB. Nothing is learnt."""

    window: torch.Tensor
    mel: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(FFT), persistent=False)
        self.register_buffer("mel", mel_bands().float(), persistent=False)

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        """Transform samples; at least 513 of them, so that they can be reflected."""
        spectra = torch.stft(samples, FFT, HOP, window=self.window, return_complex=True)
        power = spectra.real.square().addcmul_(spectra.imag, spectra.imag).transpose(1, 2)
        return (power @ self.mel).clamp_min_(_FLOOR).log10_().mul_(10.0)


def mel_bands() -> torch.Tensor:
    """(513, 224) triangles on the Slaney mel scale, each of unit area in hertz; float64.

    The scale is linear below 1 kHz (200/3 Hz a mel) and logarithmic above (27 mels for a factor of
    6.4), after Slaney's Auditory Toolbox; librosa's defaults are the same.
    """
    edges = _band_edges()
    bins = torch.linspace(0, SAMPLE_RATE / 2, FFT // 2 + 1, dtype=torch.float64)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return torch.minimum(rising, falling).clamp_min(0) * (2.0 / (edges[2:] - edges[:-2]))


def band_middles() -> torch.Tensor:
    """(224,) frequency in Hz at which each band peaks; float64."""
    return _band_edges()[1:-1]


def _band_edges() -> torch.Tensor:
    """(226,) frequencies in Hz: each band rises from one to the next and falls to the one after."""
    knee, width, step = 1000.0, 200.0 / 3.0, math.log(6.4) / 27.0

    def to_mel(hertz: float) -> float:
        return hertz / width if hertz < knee else knee / width + math.log(hertz / knee) / step

    mels = torch.linspace(to_mel(_LOWEST_HZ), to_mel(_HIGHEST_HZ), BANDS + 2, dtype=torch.float64)
    above = knee * torch.exp(step * (mels - knee / width))
    return torch.where(mels < knee / width, mels * width, above)


def differing_tensor(stored: dict[str, torch.Tensor]) -> str | None:
    """Name the first front-end tensor of a released file that is not what `LogMel` computes.

    None when all that are present agree: then they need not be kept, as `LogMel` replaces them.
    """
    expected = {name: tensor for name, tensor in stored_tensors().items() if name in stored}
    for name, tensor in expected.items():
        found = stored[name]
        if found.shape != tensor.shape or not torch.allclose(
            found.double(), tensor, rtol=0.0, atol=_TOLERANCES[name]
        ):
            return name
    return None


def stored_tensors() -> dict[str, torch.Tensor]:
    """Return the fixed tensors of the released files: windowed waves and the mel bands."""
    window = torch.hann_window(FFT, dtype=torch.float64)
    samples = torch.arange(FFT)
    # Whole turns are dropped before the angle is taken, for the last digits.
    turns = (torch.arange(FFT // 2 + 1)[:, None] * samples) % FFT
    angles = turns * (2.0 * math.pi / FFT)
    real, imaginary, mel = _TOLERANCES
    return {
        real: (angles.cos() * window)[:, None],
        imaginary: (-angles.sin() * window)[:, None],
        mel: mel_bands(),
    }
