"""One chart: its plot, the runs on it, the cursor's table. Imports pyqtgraph."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QMouseEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.curves.charts import X_AXES
from app.curves.read_out import Reading, ReadOut, nearest
from app.curves.run_curves import RunCurves, View, union
from app.curves.seed_band import SeedBand
from app.runs.history import RunHistory
from app.studio import Studio
from app.texts import count_text
from app.widgets.curve_layer import Drawing
from app.widgets.curve_plot import CurvePlot


@dataclass(frozen=True, eq=False)
class Shown:
    """A run as the charts need it. Runs of one `group` differ only in their seed."""

    title: str
    colour: str
    dashed: bool
    history: RunHistory
    live: bool = False
    group: str = ""
    group_title: str = ""

    def __eq__(self, other: object) -> bool:
        # The same history object, not one of equal content: comparing arrays would take long.
        return (
            isinstance(other, Shown)
            and self.history is other.history
            and self._looks() == other._looks()
        )

    def _looks(self) -> tuple[object, ...]:
        return (self.title, self.colour, self.dashed, self.live, self.group, self.group_title)


class ChartPane(QWidget):
    """Draws the runs given to `show_runs`; `refresh` draws what has changed since.

    `cursor_moved` carries x (NaN when the mouse has left), `x_zoomed` the stretch that the user
    chose, `activated` that the user turned to this chart.
    """

    cursor_moved = Signal(float)
    x_zoomed = Signal(float, float)
    fit_wanted = Signal()
    activated = Signal()

    def __init__(self, studio: Studio, view: View, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.view = view
        self.averaged = False
        self._empty = True
        self.at_x = math.nan
        self.runs: dict[str, Shown] = {}
        self.curves: dict[str, RunCurves] = {}
        self.bands: dict[str, SeedBand] = {}
        self.heading = QLabel()
        self.heading.setProperty("role", "hint")
        self.heading.setContentsMargins(70, 4, 8, 0)
        self.plot = CurvePlot(studio.theme.colours)
        self.plot.setMinimumSize(120, 90)
        self.read_out = ReadOut(self.plot)
        self.nothing = QLabel(self.plot)
        self.nothing.setProperty("role", "muted")
        self.nothing.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.heading)
        layout.addWidget(self.plot, 1)
        self.plot.installEventFilter(self)
        self.plot.viewport().installEventFilter(self)
        self.plot.cursor_moved.connect(self.cursor_moved)
        self.plot.zoomed.connect(self._zoomed)
        self.plot.fit_wanted.connect(self.fit_wanted)
        self.set_view(view)

    def show_runs(self, runs: Mapping[str, Shown]) -> None:
        """Show these runs and no others."""
        for key in self.curves.keys() - runs.keys():
            del self.curves[key]
        for key, run in runs.items():
            old = self.runs.get(key)
            if key not in self.curves:
                self.curves[key] = RunCurves(run.history, self.view)
                old = None
            if old is None or (old.colour, old.dashed) != (run.colour, run.dashed):
                self.curves[key].style(run.colour, run.dashed, self._studio.theme.colours)
            self.curves[key].live = run.live
        self.runs = dict(runs)
        self._gather()

    def set_view(self, view: View, averaged: bool = False) -> None:
        """Show another chart, or show it differently."""
        changed = (view, averaged) != (self.view, self.averaged)
        self.view, self.averaged = view, averaged
        clock = view.axis == "elapsed"
        self.plot.set_labels(X_AXES[view.axis], view.chart.axis, clock, whole=not clock)
        self.plot.set_log(view.log)
        self.heading.setText(view.chart.label)
        self.heading.setToolTip(view.chart.hint)
        self._gather()
        if changed:
            self.refresh()

    def refresh(self) -> bool:
        """Draw what has changed; does nothing while the chart is not on screen."""
        if not self.isVisible():
            return False
        changed = False
        for key, run in self.runs.items():
            changed |= self.curves[key].refresh(run.history, self.view)
        if changed:
            if self.plot.follows:
                # What was empty until now is seen as closely as after a click on Fit.
                self.fit(exact=self._empty)
            self.plot.layer.update()
        if changed and not math.isnan(self.at_x) and self.read_out.isVisible():
            self.show_readings()
        self._say_nothing()
        return changed

    def fit(self, exact: bool = True) -> None:
        """See everything, and go on seeing everything that comes."""
        extent = union([curves.extent() for curves in self.curves.values()])
        self.plot.follows = True
        if extent is None:
            return
        low, high = extent.low, extent.high
        if self.view.log and low <= 0:
            low = high / 1e3 if high > 0 else 1e-3
            high = high if high > 0 else 1.0
        # Training begins with a line, validation with a marker.
        lines = any(not one.is_empty for run in self.curves.values() for one in run.training)
        self.plot.show_range((extent.left, extent.right), (low, high), exact, not lines)

    def recolour(self) -> None:
        """Take the colours of another theme."""
        colours = self._studio.theme.colours
        self.plot.set_colours(colours)
        for key, run in self.runs.items():
            self.curves[key].style(run.colour, run.dashed, colours)
        self._gather()

    def show_cursor(self, x: float, with_readings: bool = False) -> None:
        """Put the cursor at x, NaN takes it away; the table stands where the mouse is."""
        self.at_x = x
        self.plot.show_cursor(x)
        if math.isnan(x) or not with_readings:
            self.read_out.hide()
        else:
            self.show_readings()

    def show_readings(self) -> None:
        """Show the table of what every run has at the cursor."""
        # The table may lie over the neighbours, as long as it is not where the mouse is.
        area = self.read_out.parentWidget() or self.plot
        mouse = area.mapFromGlobal(self.plot.cursor().pos())
        top = self.plot.mapTo(area, QPoint(0, 0)).y() if area is not self.plot else 0
        axis = {"elapsed": "time"}.get(self.view.axis, self.view.axis)
        readings, colours = self.readings(self.at_x), self._studio.theme.colours
        chosen = nearest(readings, self.plot.mouse_y, self.view.log)
        self.read_out.show_readings(readings, axis, colours, mouse.x(), area, top, chosen)

    def readings(self, x: float) -> list[Reading]:
        """Return what every shown run or group has at x, the highest curve first."""
        found = []
        for key, run in self.runs.items():
            values = self.curves[key].at(x) if not self.curves[key].hidden else None
            if values is not None:
                found.append(Reading(run.title, run.colour, run.dashed, *values))
        for group, band in self.bands.items():
            means = band.at(x)
            first = next(run for run in self.runs.values() if run.group == group)
            if means is not None:
                place, mean, spread, checked, checked_spread = means
                title = f"{first.group_title} ({count_text(band.count, 'seed')})"
                reading = Reading(title, first.colour, first.dashed, place, mean, math.nan, checked)
                reading.spread, reading.validation_spread = spread, checked_spread
                found.append(reading)
        return sorted(found, key=_height, reverse=True)

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what there is: nothing was drawn before."""
        super().showEvent(event)
        self.refresh()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the sentence of the empty plot in its middle; hear of clicks."""
        if watched is self.plot and event.type() == QEvent.Type.Resize:
            self.nothing.setGeometry(self.plot.rect().adjusted(70, 0, -12, -30))
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonPress:
            self.activated.emit()
        return False

    def _gather(self) -> None:
        """Draw runs of one group as their mean where that is asked for."""
        groups: dict[str, list[str]] = {}
        for key, run in self.runs.items():
            groups.setdefault(run.group or key, []).append(key)
        self.bands = {}
        for group, keys in groups.items():
            together = self.averaged and len(keys) > 1
            for key in keys:
                self.curves[key].hidden = together
            if together:
                band = SeedBand([self.curves[key] for key in keys])
                first = self.runs[keys[0]]
                band.style(first.colour, first.dashed, self._studio.theme.colours)
                self.bands[group] = band
        drawings: list[Drawing] = [*self.bands.values(), *self.curves.values()]
        self.plot.layer.set_drawings(drawings)

    def _zoomed(self) -> None:
        left, right = self.plot.item.vb.viewRange()[0]
        self.x_zoomed.emit(left, right)

    def _say_nothing(self) -> None:
        empty = self._empty = all(curves.is_empty for curves in self.curves.values())
        if empty and self.runs:
            self.nothing.setText(f"The runs shown have no values of {self.view.chart.axis} yet.")
        elif empty:
            self.nothing.setText("Tick a run below to see its curves.")
        self.nothing.setVisible(empty)


def _height(reading: Reading) -> float:
    values = (reading.smoothed, reading.validation)
    return next((value for value in values if not math.isnan(value)), -math.inf)
