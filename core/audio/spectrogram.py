"""Spectrograms for display. NumPy only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.audio.frequency_scale import FrequencyScale

FLOOR_DB = -120.0

_FRAMES_PER_BLOCK = 512
_SAMPLES_AT_ONCE = 1 << 19
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


class SpectrumStream:
    """Levels of a sound that arrives in blocks, column by column.

    Hann windows, the first of them centred on the first sample, `hop` samples from one to the
    next; each column is the maximum of `pool` spectra, so that short events stay visible.
    """

    def __init__(self, window: int, hop: int, pool: int = 1) -> None:
        self.window, self.hop, self.pool = window, hop, pool
        taper = np.hanning(window + 1)[:-1].astype(np.float32)
        self._taper = taper * np.float32(2.0 / taper.sum())
        self._held = np.zeros(window // 2, np.float32)
        self._fed = self._done = 0

    @property
    def rows(self) -> int:
        """Number of frequencies, from 0 to half the sample rate."""
        return self.window // 2 + 1

    def feed(self, samples: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
        """Take samples (n,); yield the columns (m, rows) in dB that they complete."""
        self._fed += len(samples)
        self._held = np.concatenate((self._held, samples))
        spectra = (len(self._held) - self.window) // self.hop + 1
        yield from self._columns(max(0, spectra) // self.pool * self.pool)

    def finish(self) -> Iterator[NDArray[np.float32]]:
        """Yield the columns (m, rows) in dB that are left once there are no more samples."""
        spectra = 1 + (self._fed - 1) // self.hop - self._done
        missing = (spectra - 1) * self.hop + self.window - len(self._held)
        self._held = np.pad(self._held, (0, max(0, missing)))
        yield from self._columns(spectra)

    def _columns(self, spectra: int) -> Iterator[NDArray[np.float32]]:
        """Yield the columns of the next `spectra` spectra, and let go of what they needed."""
        if spectra <= 0:
            return
        frames = np.lib.stride_tricks.sliding_window_view(self._held, self.window)[:: self.hop]
        per_block = max(1, _FRAMES_PER_BLOCK // self.pool) * self.pool
        for first in range(0, spectra, per_block):
            count = min(per_block, spectra - first)
            power = _power(frames[first : first + count] * self._taper)
            if self.pool > 1:
                power = np.maximum.reduceat(power, np.arange(0, count, self.pool), axis=0)
            yield _levels(power)
        self._held = self._held[spectra * self.hop :].copy()
        self._done += spectra


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
        Longer sounds are reduced to at most so many columns, each the maximum of its spectra.
    """
    if not len(samples):
        raise ValueError("a sound of zero length has no spectrogram")
    if hop is None:
        hop = int(np.clip(-(-len(samples) // max_columns), window // 4, window // 2))
    return stream_spectrogram([samples], len(samples), sample_rate, window, hop, max_columns)


def stream_spectrogram(
    blocks: Iterable[NDArray[np.float32]],
    count: int,
    sample_rate: int,
    window: int,
    hop: int,
    max_columns: int = 4000,
) -> Spectrogram:
    """Compute the spectrogram of a sound of `count` samples that arrives in blocks (n,).

    As `display_spectrogram`, in memory that does not grow with the length of the sound. Where
    fewer samples come than were announced, the rest is silence; more are left out.
    """
    spectra = 1 + (count - 1) // hop
    pool = -(-spectra // max_columns)
    columns = -(-spectra // pool)
    stream = SpectrumStream(window, hop, pool)
    levels = np.full((stream.rows, columns), FLOOR_DB, np.float32)
    done = 0
    for part in _all_columns(stream, blocks):
        part = part[: columns - done]
        levels[:, done : done + len(part)] = part.T
        done += len(part)
    # The first spectrum is centred on the first sample.
    times = (np.arange(columns) * pool + (pool - 1) / 2) * hop / sample_rate
    return Spectrogram(levels, times, np.linspace(0, sample_rate / 2, stream.rows))


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


def _all_columns(
    stream: SpectrumStream, blocks: Iterable[NDArray[np.float32]]
) -> Iterator[NDArray[np.float32]]:
    for block in blocks:
        # Small enough for the caches, whatever comes at once.
        for first in range(0, len(block), _SAMPLES_AT_ONCE):
            yield from stream.feed(block[first : first + _SAMPLES_AT_ONCE])
    yield from stream.finish()


def _power(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    spectra = np.fft.rfft(frames, axis=1)
    return (spectra.real**2 + spectra.imag**2).astype(np.float32, copy=False)


def _levels(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn power into dB, in place."""
    np.maximum(power, np.float32(10.0 ** (FLOOR_DB / 10)), out=power)
    np.log(power, out=power)
    power *= np.float32(_DB_PER_NEPER_OF_POWER)
    return power
