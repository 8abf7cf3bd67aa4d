"""The spectrogram of a long sound at several resolutions, in bounded memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.audio.spectrogram import FLOOR_DB, Spectrogram

# Levels held at the finest resolution; half-precision floats, so 64 MB, and a third more for the
# coarser ones.
MOST_LEVELS = 32_000_000
# The coarsest resolution has at most so many columns: as many as any screen shows.
FEWEST_COLUMNS = 4096
_FACTOR = 4


class LevelPyramid:
    """Columns of levels at falling resolutions, filled from the left.

    Before that, `sketch` may put single spectra at the coarsest resolution, so that there is
    something to look at. One thread fills while others look: what is not yet filled shows the
    sketch.

    Parameters
    ----------
    frames
        Length of the sound in samples.
    sample_rate
        In Hz.
    window
        Length of the spectral windows in samples, even; they follow each other by half of it.
    """

    def __init__(self, frames: int, sample_rate: int, window: int) -> None:
        self.sample_rate, self.window, self.hop = sample_rate, window, window // 2
        self.duration = frames / sample_rate
        self.rows = window // 2 + 1
        spectra = 1 + (frames - 1) // self.hop
        most = max(FEWEST_COLUMNS, MOST_LEVELS // self.rows)
        self.pool = -(-spectra // most)
        count = -(-spectra // self.pool)
        self._levels = [_floor(count, self.rows)]
        while len(self._levels[-1]) > FEWEST_COLUMNS:
            self._levels.append(_floor(-(-len(self._levels[-1]) // _FACTOR), self.rows))
        self.filled = 0

    @property
    def columns(self) -> int:
        """Number of columns at the finest resolution."""
        return len(self._levels[0])

    @property
    def finest_seconds(self) -> float:
        """Time from one column to the next at the finest resolution."""
        return self._seconds(0)

    @property
    def complete(self) -> bool:
        """Whether every column is filled."""
        return self.filled >= self.columns

    @property
    def bytes(self) -> int:
        """Memory that the levels take."""
        return sum(levels.nbytes for levels in self._levels)

    def sketch(self, moments: list[tuple[float, NDArray[np.float32]]]) -> None:
        """Draw the sound roughly from spectra (rows,) in dB, each at its time in seconds."""
        if not moments:
            return
        coarsest = self._levels[-1]
        step = self._seconds(len(self._levels) - 1)
        times = np.array([seconds for seconds, _ in moments])
        borders = np.concatenate(([0.0], (times[:-1] + times[1:]) / 2, [np.inf]))
        first = self.filled // _FACTOR ** (len(self._levels) - 1)
        centres = (np.arange(first, len(coarsest)) + 0.5) * step
        nearest = np.searchsorted(borders, centres, side="right") - 1
        spectra = np.stack([levels for _, levels in moments]).astype(np.float16)
        coarsest[first:] = spectra[np.clip(nearest, 0, len(spectra) - 1)]

    def append(self, columns: NDArray[np.float32]) -> None:
        """Fill the next columns (n, rows) of the finest resolution, and the coarser from them."""
        first = self.filled
        last = min(first + len(columns), self.columns)
        self._levels[0][first:last] = columns[: last - first]
        for finer, coarser in zip(self._levels, self._levels[1:], strict=False):
            start, stop = first // _FACTOR, -(-last // _FACTOR)
            part = finer[start * _FACTOR : min(stop * _FACTOR, last)].astype(np.float32)
            groups = np.arange(0, len(part), _FACTOR)
            if len(groups):
                coarser[start : start + len(groups)] = np.maximum.reduceat(part, groups, axis=0)
            first, last = start, start + len(groups)
        self.filled = min(self.filled + len(columns), self.columns)

    def between(self, start: float, end: float, column_seconds: float) -> Spectrogram:
        """Return the part from `start` to `end` seconds with columns about that far apart.

        It is the coarsest resolution that is fine enough, or the finest; what is not filled yet
        comes from the sketch.
        """
        top = len(self._levels) - 1
        index = next(
            (level for level in range(top, 0, -1) if self._seconds(level) <= column_seconds), 0
        )
        if end > self._filled_seconds():
            index = top
        step = self._seconds(index)
        levels = self._levels[index]
        first = min(max(int(start / step), 0), len(levels) - 1)
        last = min(max(int(np.ceil(end / step)) + 1, first + 1), len(levels))
        part = np.ascontiguousarray(levels[first:last].T, dtype=np.float32)
        # A column's windows are centred on the first sample of each half window.
        spectra = self.pool * _FACTOR**index
        times = (np.arange(first, last) * spectra + (spectra - 1) / 2) * self.hop / self.sample_rate
        return Spectrogram(part, times, np.linspace(0, self.sample_rate / 2, self.rows))

    def _seconds(self, level: int) -> float:
        return _FACTOR**level * self.pool * self.hop / self.sample_rate

    def _filled_seconds(self) -> float:
        return float("inf") if self.complete else self.filled * self._seconds(0)


def _floor(columns: int, rows: int) -> NDArray[np.float16]:
    return np.full((columns, rows), FLOOR_DB, np.float16)
