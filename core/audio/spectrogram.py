"""Spectrograms for display. NumPy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.audio.frequency_scale import FrequencyScale

FLOOR_DB = -120.0

_FRAMES_PER_BLOCK = 512
_DB_PER_NEPER_OF_POWER = 10.0 / np.log(10.0)


@dataclass(frozen=True, slots=True, eq=False)
class Spectrogram:
    """Levels over frequency and time.

    Attributes
    ----------
    levels_db
        (rows, columns) float32, C-contiguous, lowest frequency first; dB, where a sine of full
        scale stands at 0; never below `FLOOR_DB` and never NaN.
    times
        Centre of each column in seconds.
    frequencies
        Frequency of each row in Hz.
    """

    levels_db: NDArray[np.float32]
    times: NDArray[np.float64]
    frequencies: NDArray[np.float64]


def display_spectrogram(
    samples: NDArray[np.float32],
    sample_rate: int,
    window: int = 1024,
    hop: int | None = None,
    max_columns: int = 4000,
) -> Spectrogram:
    """Compute a spectrogram with Hann windows.

    Parameters
    ----------
    samples
        Mono sound (n,), n >= 1.
    window
        Length of the windows in samples, even.
    hop
        Samples from one spectrum to the next; None chooses a quarter of the window, and up to half
        a window for sounds that are too long for `max_columns`.
    max_columns
        Longer sounds are reduced to at most so many columns, each the maximum of its spectra, so
        that short events stay visible.
    """
    if not len(samples):
        raise ValueError("a sound of zero length has no spectrogram")
    if hop is None:
        hop = int(np.clip(-(-len(samples) // max_columns), window // 4, window // 2))
    spectra = 1 + (len(samples) - 1) // hop
    pool = -(-spectra // max_columns)
    columns = -(-spectra // pool)
    taper = np.hanning(window + 1)[:-1].astype(np.float32)
    taper *= 2.0 / taper.sum()
    levels = np.empty((window // 2 + 1, columns), np.float32)
    per_block = max(1, _FRAMES_PER_BLOCK // pool)
    for column in range(0, columns, per_block):
        first = column * pool
        last = min(spectra, first + per_block * pool)
        power = _power(_frames(samples, first, last, window, hop) * taper)
        if pool > 1:
            power = np.maximum.reduceat(power, np.arange(0, last - first, pool), axis=0)
        np.maximum(power, np.float32(10.0 ** (FLOOR_DB / 10)), out=power)
        np.log(power, out=power)
        power *= np.float32(_DB_PER_NEPER_OF_POWER)
        levels[:, column : column + len(power)] = power.T
    # The first spectrum is centred on the first sample.
    times = (np.arange(columns) * pool + (pool - 1) / 2) * hop / sample_rate
    return Spectrogram(levels, times, np.linspace(0, sample_rate / 2, window // 2 + 1))


def on_scale(spectrogram: Spectrogram, scale: FrequencyScale, rows: int = 256) -> Spectrogram:
    """Redraw a spectrogram with `rows` rows that are evenly spaced on a frequency axis.

    A row that spans several of the old rows takes their maximum, one that lies between two is
    interpolated.
    """
    edges = scale.hertz(np.linspace(0, 1, rows + 1))
    centres = scale.hertz((np.arange(rows) + 0.5) / rows)
    step = spectrogram.frequencies[1] - spectrogram.frequencies[0]
    highest = len(spectrogram.frequencies) - 1
    place = np.clip(centres / step, 0, highest)
    below = np.minimum(place.astype(np.intp), highest - 1)
    weight = (place - below).astype(np.float32)[:, None]
    levels = spectrogram.levels_db[below]
    levels += weight * (spectrogram.levels_db[below + 1] - levels)
    starts = np.ceil(np.clip(edges[:-1] / step, 0, highest)).astype(np.intp)
    stops = np.ceil(np.clip(edges[1:] / step, 0, highest + 1)).astype(np.intp)
    for row in np.flatnonzero(stops - starts >= 2):
        spectrogram.levels_db[starts[row] : stops[row]].max(axis=0, out=levels[row])
    return Spectrogram(levels, spectrogram.times, centres)


def _frames(
    samples: NDArray[np.float32], first: int, last: int, window: int, hop: int
) -> NDArray[np.float32]:
    """Windows (last - first, window) number `first` to `last`, zeros beyond both ends."""
    start = first * hop - window // 2
    stop = (last - 1) * hop + window - window // 2
    part = samples[max(0, start) : max(0, stop)]
    if start < 0 or stop > len(samples):
        part = np.pad(part, (max(0, -start), max(0, stop - len(samples))))
    return np.lib.stride_tricks.sliding_window_view(part, window)[::hop]


def _power(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    spectra = np.fft.rfft(frames, axis=1)
    return (spectra.real**2 + spectra.imag**2).astype(np.float32, copy=False)
