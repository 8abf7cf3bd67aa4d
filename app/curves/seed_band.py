"""Several seeds of one setting as one line: their mean, and one standard deviation around it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from app.curves.run_curves import CHECKED, DOTS, DOTS_APART, LINE, RunCurves, View
from app.curves.series import Series
from app.palette import Colours, blend
from app.widgets.curve_layer import Frame, Stroke
from app.widgets.curve_plot import pen_of

Floats = NDArray[np.float64]

_BAND = 1
_PLACES = 400


class SeedBand:
    """Draws the mean of runs that differ in nothing but their seed."""

    def __init__(self, runs: Sequence[RunCurves]) -> None:
        self.runs = list(runs)
        self.live = any(run.live for run in self.runs)
        self._colour = self._ground = ""
        self._dashed = False

    def style(self, colour: str, dashed: bool, colours: Colours) -> None:
        """Use the colour of the group."""
        self._colour, self._ground, self._dashed = colour, colours.panel, dashed

    @property
    def count(self) -> int:
        """How many of the runs have anything to show."""
        return sum(not run.is_empty for run in self.runs)

    @property
    def view(self) -> View:
        """What is drawn."""
        return self.runs[0].view

    def stamp(self) -> Hashable:
        """Return a value that changes whenever the strokes would."""
        look = (self._colour, self._ground, self._dashed)
        return (look, *(run.stamp() for run in self.runs))

    def strokes(self, frame: Frame) -> list[Stroke]:
        """Return the bands and the means of training and validation."""
        strokes: list[Stroke] = []
        kinds = (
            ([run.training[0] for run in self.runs if run.training], LINE, 1.0),
            ([run.checked[0] for run in self.runs if run.checked], CHECKED, 2.2),
        )
        for number, (series, depth, width) in enumerate(kinds):
            found = mean_line(series, self.view.axis, self.places(series, frame))
            if found is None:
                continue
            x, mean, spread = found
            across = frame.across(x)
            share = 0.16 + 0.1 * number
            for part in _stretches(np.isfinite(mean)):
                low, high = frame.up((mean - spread)[part]), frame.up((mean + spread)[part])
                # Where the lower edge of a log axis would be below zero, the band ends at the foot.
                low = np.where(np.isfinite(low), low, frame.height + 50)
                outline = np.concatenate([across[part], across[part][::-1]])
                edge = np.concatenate([high, low[::-1]])
                fill = blend(self._colour, self._ground, share)
                strokes.append(Stroke(_BAND + number, outline, edge, None, True, fill=fill))
            pen = pen_of(self._colour, width, self._dashed)
            strokes.append(Stroke(depth, across, frame.up(mean), pen, True))
            if depth == CHECKED and x.size * DOTS_APART < frame.width:
                # As of a single run; and a line of one point would be nothing at all.
                dots = Stroke(DOTS, across, frame.up(mean), None, True, 5.0, self._colour)
                strokes.append(dots)
        return strokes

    def places(self, series: Sequence[Series], frame: Frame) -> Floats:
        """Return the positions at which the mean is taken, those of the frame."""
        known = [one.positions(self.view.axis) for one in series if not one.is_empty]
        if not known:
            return np.empty(0)
        longest = max(known, key=len)
        inside = longest[(longest >= frame.left) & (longest <= frame.right)]
        step = max(1, -(-inside.size // _PLACES))
        return inside[::step]

    def at(self, x: float) -> tuple[float, float, float, float, float] | None:
        """Return (x, mean, its spread, mean validation, its spread) there, None for nothing."""
        place = np.array([x])
        training = [run.training[0] for run in self.runs if run.training]
        checked = [run.checked[0] for run in self.runs if run.checked]
        found = mean_line(training, self.view.axis, place)
        tested = mean_line(checked, self.view.axis, place)
        if found is None and tested is None:
            return None
        values = [x]
        for line in (found, tested):
            values += [np.nan, np.nan] if line is None else [float(line[1][0]), float(line[2][0])]
        return values[0], values[1], values[2], values[3], values[4]


def mean_line(
    series: Sequence[Series], axis: str, places: Floats
) -> tuple[Floats, Floats, Floats] | None:
    """Return (x, mean, standard deviation) at `places` over the runs that have come so far.

    A run counts between its first and its last value; the deviation is that of a sample (n - 1).
    """
    rows = []
    for one in series:
        values = one.shown.values
        known = np.isfinite(values)
        if known.any():
            positions = one.positions(axis)[known]
            rows.append(np.interp(places, positions, values[known], left=np.nan, right=np.nan))
    if not rows or not places.size:
        return None
    table = np.array(rows)
    there = np.isfinite(table)
    count = there.sum(axis=0)
    filled = np.where(there, table, 0.0)
    mean = np.where(count > 0, filled.sum(axis=0) / np.maximum(count, 1), np.nan)
    squares = np.where(there, (table - mean) ** 2, 0.0).sum(axis=0)
    spread = np.where(count > 1, np.sqrt(squares / np.maximum(count - 1, 1)), 0.0)
    return places, mean, spread


def _stretches(known: NDArray[np.bool_]) -> list[slice]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]])))
    pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [slice(first, last) for first, last in pairs]
