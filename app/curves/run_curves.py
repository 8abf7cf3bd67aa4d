"""The curves of one run on one plot: raw, smoothed, validation, and the best checkpoint."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from PySide6.QtGui import QPen

from app.curves.charts import Chart, columns_of
from app.curves.series import Extent, Series
from app.palette import Colours, blend
from app.runs.history import RunHistory
from app.widgets.curve_layer import Frame, Stroke
from app.widgets.curve_plot import pen_of

RAW, LINE, CHECKED, DOTS, BEST = range(10, 15)
DOTS_APART = 7.0
# Beyond so many values a figure is no lonely point any more.
_FEW = 200


@dataclass(frozen=True)
class View:
    """What is drawn of every run: the chart and how."""

    chart: Chart
    axis: str = "step"
    weight: float = 0.0
    log: bool = False
    ignore_outliers: bool = False


class RunCurves:
    """Draws a history. `refresh` brings it up to date with what the history got since."""

    def __init__(self, history: RunHistory, view: View) -> None:
        self.history, self.view = history, view
        self.live = False
        self.hidden = False
        self._looks = 0
        self._version = -1
        self._made_for: tuple[object, ...] = ()
        self.training: list[Series] = []
        self.checked: list[Series] = []
        self._pens: dict[str, QPen] = {}
        self._colour = self._ground = ""

    def style(self, colour: str, dashed: bool, colours: Colours) -> None:
        """Use a run's colour; `dashed` marks runs with a contrastive term."""
        self._colour, self._ground = colour, colours.panel
        faint = blend(colour, colours.panel, 0.5)
        self._pens = {
            "raw": pen_of(blend(colour, colours.panel, 0.35)),
            "raw second": pen_of(blend(colour, colours.panel, 0.2)),
            "line": pen_of(colour, 1.0, dashed),
            "line second": pen_of(faint, 1.0, dashed),
            "checked": pen_of(colour, 2.2, dashed),
            "checked second": pen_of(faint, 2.2, dashed),
            "best": pen_of(colour, 2.0),
        }
        self._looks += 1

    def refresh(self, history: RunHistory, view: View) -> bool:
        """Bring the curves up to date. Returns whether anything changed."""
        weight = view.weight if view.chart.smoothed else 0.0
        names = tuple(columns_of(view.chart, history))
        made_for = (history, history.generation, names, weight)
        same_view = view == self.view
        # A chart of a contrastive term has no columns before the first event of that term.
        fresh = made_for[1:] != self._made_for[1:] or history is not self.history
        if fresh:
            self.training = [Series(history.steps, name, weight) for name in names]
            self.checked = [Series(history.validations, name, 0.0) for name in names]
            self._made_for, self._version = made_for, -1
        self.history, self.view = history, view
        if self._version == history.version and same_view:
            return False
        self._version = history.version
        grown = [series.update() for series in (*self.training, *self.checked)]
        return any(grown) or fresh or not same_view

    @property
    def is_empty(self) -> bool:
        """Whether the run has nothing to show on this chart."""
        return all(series.is_empty for series in (*self.training, *self.checked))

    def extent(self) -> Extent | None:
        """Return the part of the plane that the run takes."""
        view = self.view
        found = [
            series.extent(view.axis, view.log, view.ignore_outliers and series in self.training)
            for series in (*self.training, *self.checked)
        ]
        return union(found)

    def stamp(self) -> Hashable:
        """Return a value that changes whenever the strokes would."""
        sizes = tuple(series.raw.size for series in (*self.training, *self.checked))
        return (id(self.history), self._made_for[1:], sizes, self.view, self._looks, self.hidden)

    def strokes(self, frame: Frame) -> list[Stroke]:
        """Return raw and smoothed training values, validation values, and the best of them."""
        strokes: list[Stroke] = []
        if self.hidden or not self._pens:
            return strokes
        for series, second in zip(self.training, ("", " second"), strict=False):
            strokes += self._training_strokes(series, second, frame)
        for series, second in zip(self.checked, ("", " second"), strict=False):
            strokes += self._checked_strokes(series, second, frame)
        return strokes

    def at(self, x: float) -> tuple[float, float, float, float] | None:
        """Return (x of the nearest step, smoothed, raw, nearest validation) or None."""
        if self.is_empty:
            return None
        place, smoothed, raw, checked = x, np.nan, np.nan, np.nan
        if self.training and (row := self.training[0].at(x, self.view.axis)) is not None:
            series = self.training[0]
            place = float(series.positions(self.view.axis)[row])
            smoothed, raw = float(series.shown.values[row]), float(series.raw.values[row])
        if self.checked and (row := self.checked[0].at(x, self.view.axis)) is not None:
            checked = float(self.checked[0].raw.values[row])
        return place, smoothed, raw, checked

    def best(self) -> tuple[float, float] | None:
        """Return where the best checkpoint lies on this chart."""
        best = self.history.best
        if best is None or not self.checked or self.checked[0].is_empty:
            return None
        series = self.checked[0]
        numbers = self.history.validations.column("number")[: series.raw.size]
        at = np.flatnonzero(numbers == best.epoch)
        if not at.size:
            return None
        value = float(series.raw.values[at[-1]])
        return None if np.isnan(value) else (float(series.positions(self.view.axis)[at[-1]]), value)

    def _training_strokes(self, series: Series, second: str, frame: Frame) -> list[Stroke]:
        if series.is_empty:
            return []
        strokes = []
        if series.weight:
            x, y, _ = series.line(series.raw, frame, self.view.axis)
            strokes.append(Stroke(RAW, x, y, self._pens[f"raw{second}"]))
        x, y, smooth = series.line(series.shown, frame, self.view.axis)
        # Exactly one pixel: anything wider takes many times as long to draw smoothly.
        strokes.append(Stroke(LINE, x, y, self._pens[f"line{second}"], smooth))
        lonely = series.lonely_point(self.view.axis) if series.raw.size <= _FEW else None
        if lonely is not None:
            # A line of a single point would be nothing at all.
            place, value = (np.array([item]) for item in lonely)
            colour = self._colour if not second else blend(self._colour, self._ground, 0.5)
            dot = Stroke(LINE, frame.across(place), frame.up(value), None, True, 4.0, colour)
            strokes.append(dot)
        return strokes

    def _checked_strokes(self, series: Series, second: str, frame: Frame) -> list[Stroke]:
        if series.is_empty:
            return []
        known = np.isfinite(series.raw.values)
        x = series.positions(self.view.axis)[known]
        y = series.raw.values[known]
        if x.size <= 2 * frame.width:
            across, up, smooth = frame.across(x), frame.up(y), x.size <= 600
        else:
            across, up, smooth = series.line(series.raw, frame, self.view.axis)
        strokes = [Stroke(CHECKED, across, up, self._pens[f"checked{second}"], smooth)]
        seen = (across > -10) & (across < frame.width + 10)
        if 0 < int(seen.sum()) * DOTS_APART < frame.width:
            colour = self._colour if not second else blend(self._colour, self._ground, 0.5)
            strokes.append(Stroke(DOTS, across[seen], up[seen], None, True, dots=5.0, fill=colour))
        best = None if second else self.best()
        if best is not None:
            place, value = (np.array([item]) for item in best)
            ring = Stroke(BEST, frame.across(place), frame.up(value), self._pens["best"], True)
            ring.dots, ring.fill = 11.0, self._ground
            strokes.append(ring)
        return strokes


def union(extents: list[Extent | None]) -> Extent | None:
    """Return the smallest extent around all of these, None around none."""
    known = [extent for extent in extents if extent is not None]
    if not known:
        return None
    return Extent(
        min(extent.left for extent in known),
        max(extent.right for extent in known),
        min(extent.low for extent in known),
        max(extent.high for extent in known),
    )
