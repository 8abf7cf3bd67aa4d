"""The curves of one run on one plot: raw, smoothed, validation, and the best checkpoint."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from app.pages.train.charts import Chart, Line, training_line, validation_line
from app.pages.train.history import RunHistory
from app.pages.train.smoothing import smooth
from app.theme import Colours, blend
from app.widgets.curve_plot import CurvePlot, add_curve, pen_of, set_points

Floats = NDArray[np.float64]
_NOTHING: Floats = np.empty(0)


class RunCurves:
    """Draws a history when it, the chart or a setting has changed."""

    def __init__(self, plot: CurvePlot) -> None:
        self._plot = plot
        self._drawn: tuple[Any, ...] = ()
        self._log = False
        self.raw = add_curve(plot, "#808080")
        self.smoothed = add_curve(plot, "#808080")
        self.validation = add_curve(plot, "#808080", 2.0)
        self.best = pg.PlotDataItem(pen=None, symbol="o", symbolSize=11)
        plot.addItem(self.best)
        for depth, item in enumerate(self.items):
            item.setZValue(depth)
        self.training: Line | None = None
        self.smooth_values: Floats = _NOTHING
        self.checked: Line | None = None

    @property
    def items(self) -> tuple[Any, ...]:
        """All plot items, the lowest first."""
        return (self.raw, self.smoothed, self.validation, self.best)

    def remove(self) -> None:
        """Take everything off the plot."""
        for item in self.items:
            self._plot.removeItem(item)

    def style(self, colour: str, dashed: bool, colours: Colours) -> None:
        """Use a run's colour; `dashed` marks runs with a contrastive term."""
        self.raw.setPen(pen_of(blend(colour, colours.panel, 0.35)))
        # Exactly one pixel: anything wider takes many times as long to draw smoothly.
        self.smoothed.setPen(pen_of(colour, 1.0, dashed))
        self.validation.setPen(pen_of(colour, 2.2, dashed))
        self.validation.setSymbol("o")
        self.validation.setSymbolSize(5)
        self.validation.setSymbolPen(pen_of(colour))
        self.validation.setSymbolBrush(pg.mkBrush(colour))
        self.best.setSymbolPen(pen_of(colour, 2.0))
        self.best.setSymbolBrush(pg.mkBrush(colours.panel))

    def draw(self, history: RunHistory, chart: Chart, axis: str, weight: float, log: bool) -> bool:
        """Bring the curves up to date. Returns whether anything changed."""
        weight = weight if chart.smoothed else 0.0
        key = (id(history), history.version, chart.key, axis, weight, log)
        if key == self._drawn:
            return False
        self._drawn = key
        self.training = training_line(history, chart, axis)
        self.checked = validation_line(history, chart, axis)
        if self.training is None:
            self.smooth_values = _NOTHING
            set_points(self.raw, _NOTHING, _NOTHING)
            set_points(self.smoothed, _NOTHING, _NOTHING)
        else:
            x, y = self.training.x, self.training.y
            self.smooth_values = smooth(y, weight)
            # Without smoothing the two lines are one.
            both = weight > 0
            set_points(self.raw, x if both else _NOTHING, _above_zero(y, log) if both else _NOTHING)
            set_points(self.smoothed, x, _above_zero(self.smooth_values, log))
        if self.checked is None:
            set_points(self.validation, _NOTHING, _NOTHING)
        else:
            known = np.isfinite(self.checked.y)
            self.checked = Line(self.checked.x[known], self.checked.y[known])
            set_points(self.validation, self.checked.x, _above_zero(self.checked.y, log))
        self._draw_best(history, chart, axis, log)
        return True

    def at(self, x: float) -> tuple[float, float, float, float] | None:
        """Return (x of the nearest step, smoothed, raw, nearest validation) or None."""
        if self.training is None and self.checked is None:
            return None
        smoothed = raw = checked = float("nan")
        place = x
        if self.training is not None:
            index = _nearest(self.training.x, x)
            place = float(self.training.x[index])
            smoothed, raw = float(self.smooth_values[index]), float(self.training.y[index])
        if self.checked is not None and self.checked.x.size:
            checked = float(self.checked.y[_nearest(self.checked.x, x)])
        return place, smoothed, raw, checked

    def _draw_best(self, history: RunHistory, chart: Chart, axis: str, log: bool) -> None:
        best, x, y = history.best, _NOTHING, _NOTHING
        line = validation_line(history, chart, axis)
        if best is not None and line is not None:
            at = np.flatnonzero(history.validations.column("number") == best.epoch)
            x, y = line.x[at], _above_zero(line.y[at], log)
        self.best.setData(x, y)


def _above_zero(values: Floats, log: bool) -> Floats:
    return np.where(values > 0, values, np.nan) if log else values


def _nearest(positions: Floats, x: float) -> int:
    """Return the index of the rising `positions` that lies nearest to x."""
    right = int(np.searchsorted(positions, x))
    if right == 0:
        return 0
    if right == positions.size:
        return positions.size - 1
    return right if positions[right] - x < x - positions[right - 1] else right - 1
