"""Long series, drawn from few points: minima and maxima of ever longer stretches.

Appending costs as much as what is appended, whatever the length; what a view of any width needs is
read off one level in the time that its own points take.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_BASE = 4


class Column:
    """Numbers that are only ever appended; `values` is a view of them, (n,)."""

    def __init__(self) -> None:
        self._room: Floats = np.empty(256)
        self.size = 0

    @property
    def values(self) -> Floats:
        """All numbers so far, as a view."""
        return self._room[: self.size]

    def extend(self, values: Floats) -> None:
        """Append numbers."""
        end = self.size + values.size
        if end > self._room.size:
            larger = np.empty(max(end, 2 * self._room.size))
            larger[: self.size] = self.values
            self._room = larger
        self._room[self.size : end] = values
        self.size = end


class Pyramid:
    """A growing series with the extremes of stretches of 4, 8, 16, ... values.

    Values that are not finite count for nothing; a stretch without any other is NaN.
    """

    def __init__(self) -> None:
        self._values = Column()
        self._lows: list[Column] = []
        self._highs: list[Column] = []
        self.low = self.high = np.nan

    @property
    def values(self) -> Floats:
        """The whole series, as a view."""
        return self._values.values

    @property
    def size(self) -> int:
        """Number of values."""
        return self._values.size

    def extend(self, values: Floats) -> None:
        """Append values."""
        self._values.extend(np.where(np.isfinite(values), values, np.nan))
        # Stretches begin at multiples of their length, so that those that are full never change.
        done = self._lows[0].size if self._lows else 0
        full = self._values.size // _BASE
        if full > done:
            fresh = self._values.values[done * _BASE : full * _BASE].reshape(-1, _BASE)
            self._add(0, np.fmin.reduce(fresh, axis=1), np.fmax.reduce(fresh, axis=1))
        if values.size:
            self.low = float(np.fmin(self.low, np.fmin.reduce(self._values.values[-values.size :])))
            self.high = float(
                np.fmax(self.high, np.fmax.reduce(self._values.values[-values.size :]))
            )

    def envelope(self, first: int, last: int, most: int) -> tuple[NDArray[np.intp], Floats, Floats]:
        """Return (index, low, high) of at most about `most` stretches of rows first to last - 1.

        The index is that of the first row of a stretch. Where rows are fewer than `most`, each is a
        stretch of its own and low and high are equal.
        """
        first, last = max(0, first), min(last, self.size)
        count = last - first
        if count <= max(1, most) or not self._lows:
            index = np.arange(first, max(first, last))
            own = self.values[first:last]
            return index, own, own
        level, length = 0, _BASE
        while count > most * length and level + 1 < len(self._lows):
            level, length = level + 1, 2 * length
        begin = first // length
        end = min(-(-last // length), self._lows[level].size)
        lows, highs = self._lows[level].values[begin:end], self._highs[level].values[begin:end]
        index = np.arange(begin, end) * length
        rest = end * length
        if rest < last:
            # What is not yet a full stretch of this level, in stretches of the levels below.
            more = self._tail(rest, last, length)
            index = np.append(index, rest)
            lows, highs = np.append(lows, more[0]), np.append(highs, more[1])
        return index, lows, highs

    def _tail(self, first: int, last: int, length: int) -> tuple[float, float]:
        """Return the extremes of the last rows, fewer than twice `length`."""
        level, size, low, high = 0, _BASE, np.nan, np.nan
        place = first
        while size * 2 < length:
            level, size = level + 1, size * 2
        while level >= 0 and size >= _BASE:
            end = min(last // size, self._lows[level].size)
            if end * size > place:
                low = np.fmin(low, np.fmin.reduce(self._lows[level].values[place // size : end]))
                high = np.fmax(high, np.fmax.reduce(self._highs[level].values[place // size : end]))
                place = end * size
            level, size = level - 1, size // 2
        if place < last:
            rest = self.values[place:last]
            low, high = np.fmin(low, np.fmin.reduce(rest)), np.fmax(high, np.fmax.reduce(rest))
        return float(low), float(high)

    def _add(self, level: int, lows: Floats, highs: Floats) -> None:
        if level == len(self._lows):
            self._lows.append(Column())
            self._highs.append(Column())
        low, high = self._lows[level], self._highs[level]
        low.extend(lows)
        high.extend(highs)
        above = self._lows[level + 1].size if level + 1 < len(self._lows) else 0
        full = low.size // 2
        if full > above:
            pairs_low = low.values[2 * above : 2 * full].reshape(-1, 2)
            pairs_high = high.values[2 * above : 2 * full].reshape(-1, 2)
            self._add(
                level + 1, np.fmin.reduce(pairs_low, axis=1), np.fmax.reduce(pairs_high, axis=1)
            )
