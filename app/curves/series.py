"""One figure of one run, ready to be drawn at any zoom: raw values and their smoothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.curves.smoothing import Smoother
from app.runs.history import Table
from app.widgets.curve_layer import Frame
from app.widgets.pyramid import Pyramid

Floats = NDArray[np.float64]

_SAMPLES = 2000
_NOTHING: Floats = np.empty(0)


@dataclass(frozen=True)
class Extent:
    """The part of the plane that a figure takes."""

    left: float
    right: float
    low: float
    high: float


class Series:
    """Follows one column of a table that only grows; each value is looked at once."""

    def __init__(self, table: Table, name: str, weight: float) -> None:
        self._table, self.name, self.weight = table, name, weight
        self.raw, self.smoothed = Pyramid(), Pyramid()
        self._smoother = Smoother(weight)

    def update(self) -> bool:
        """Take in what the table got since. Returns whether that was anything."""
        if self.name not in self._table.names:
            return False
        fresh = self._table.column(self.name)[self.raw.size :]
        if not fresh.size:
            return False
        self.raw.extend(fresh)
        if self.weight:
            self.smoothed.extend(self._smoother.push(fresh))
        return True

    @property
    def shown(self) -> Pyramid:
        """The line that stands in front: smoothed where that is asked for."""
        return self.smoothed if self.weight else self.raw

    @property
    def is_empty(self) -> bool:
        """Whether there is no value to show."""
        return bool(np.isnan(self.raw.low))

    def lonely_point(self, axis: str) -> tuple[float, float] | None:
        """Return (x, value) where there is one value and no more, else None."""
        known = np.flatnonzero(np.isfinite(self.raw.values))
        if known.size != 1:
            return None
        return float(self.positions(axis)[known[0]]), float(self.raw.values[known[0]])

    def positions(self, axis: str) -> Floats:
        """Return the horizontal position of every value."""
        return self._table.column(axis)[: self.raw.size]

    def extent(self, axis: str, log: bool, ignore_outliers: bool) -> Extent | None:
        """Return what a view of the whole figure shows; of a log axis only what is above zero."""
        if self.is_empty:
            return None
        x = self.positions(axis)
        low, high = self.raw.low, self.raw.high
        if ignore_outliers or (log and low <= 0):
            step = max(1, self.raw.size // _SAMPLES)
            sample = self.raw.values[::step]
            known = sample[np.isfinite(sample)]
            known = known[known > 0] if log else known
            if not known.size:
                return None
            shares = (5, 95) if ignore_outliers else (0, 100)
            low, high = (float(value) for value in np.percentile(known, shares))
        return Extent(float(x[0]), float(x[-1]), low, high)

    def line(self, pyramid: Pyramid, frame: Frame, axis: str) -> tuple[Floats, Floats, bool]:
        """Return (x, y, is smooth) in pixels of what the frame shows of a pyramid of this series.

        Where many values share a pixel, a stroke from the lowest to the highest stands for them,
        and where they differ by less than a pixel or two, their middle.
        """
        x = self.positions(axis)
        first = max(0, int(np.searchsorted(x, frame.left)) - 1)
        last = int(np.searchsorted(x, frame.right, side="right")) + 1
        index, low, high = pyramid.envelope(first, min(last, x.size), int(frame.width))
        if not index.size:
            return _NOTHING, _NOTHING, False
        across = frame.across(x[index])
        bottom, top = frame.up(low), frame.up(high)
        spread = bottom - top
        known = spread[np.isfinite(spread)]
        if not known.size or np.median(known) < 1.5:
            return across, (bottom + top) / 2, index.size <= 1500
        both = np.empty(2 * index.size)
        both[0::2], both[1::2] = bottom, top
        return np.repeat(across, 2), both, False

    def at(self, x: float, axis: str) -> int | None:
        """Return the row that lies nearest to x."""
        positions = self.positions(axis)
        if not positions.size or self.is_empty:
            return None
        right = int(np.searchsorted(positions, x))
        if right == 0:
            return 0
        if right == positions.size:
            return right - 1
        return right if positions[right] - x < x - positions[right - 1] else right - 1
