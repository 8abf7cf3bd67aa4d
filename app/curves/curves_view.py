"""The curves: one, two or four charts with one cursor. Imports pyqtgraph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from app.curves.chart_bar import ChartBar, add_actions
from app.curves.chart_pane import ChartPane, Shown
from app.curves.charts import CHARTS, Chart, figure_chart, other_figures
from app.curves.export import curves_csv, save_png, save_svg
from app.curves.read_out import Reading
from app.curves.run_curves import RunCurves, View
from app.save_place import ask_in_last_folder, file_name
from app.studio import Studio
from app.widgets.curve_plot import CurvePlot
from core.files import write_text_atomic

_SLIDE_MS = 60
_FOLDER = "folders/table"
_FIRST = ("total", "ce", "contrast", "cider_d")


class CurvesView(QWidget):
    """Plots the runs it was given with `show_runs`; `refresh` draws what has changed since."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.runs: dict[str, Shown] = {}
        self.panes: list[ChartPane] = []
        self.active = 0
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.bar = ChartBar(studio)
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addLayout(self._grid, 1)
        # While the smoothing is being moved, all curves are computed anew only so often.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_SLIDE_MS)
        self._later.timeout.connect(self._show_views)
        self.bar.changed.connect(self._bar_changed)
        self.bar.fit_wanted.connect(self.fit)
        self.bar.layout_chosen.connect(self.set_layout)
        self.bar.figures.aboutToShow.connect(self._list_figures)
        exports: list[tuple[str, Callable[[], object]]] = [
            ("Save chart as PNG...", partial(self._save, "PNG", self.save_png)),
            ("Save chart as SVG...", partial(self._save, "SVG", self.save_svg)),
            ("Save values as CSV...", partial(self._save, "CSV", self.save_csv)),
        ]
        add_actions(self.bar.exports, exports)
        studio.theme.changed.connect(self._theme_changed)
        self.set_layout(int(str(studio.settings.value("train/charts", 1))))

    @property
    def pane(self) -> ChartPane:
        """The chart that the bar speaks of."""
        return self.panes[self.active]

    @property
    def plot(self) -> CurvePlot:
        """The plot that the bar speaks of."""
        return self.pane.plot

    @property
    def curves(self) -> dict[str, RunCurves]:
        """The curves on the plot that the bar speaks of."""
        return self.pane.curves

    @property
    def chart(self) -> Chart:
        """The chart that the bar speaks of."""
        return self.pane.view.chart

    def set_layout(self, count: int) -> None:
        """Show one, two or four charts."""
        count = count if count in (1, 2, 4) else 1
        self._studio.settings.setValue("train/charts", count)
        while len(self.panes) > count:
            pane = self.panes.pop()
            self._grid.removeWidget(pane)
            pane.hide()
            pane.read_out.deleteLater()
            pane.deleteLater()
        self.active = min(self.active, count - 1)
        while len(self.panes) < count:
            self._add_pane()
        for number, pane in enumerate(self.panes):
            self._grid.addWidget(pane, number // 2, number % 2)
            pane.heading.setVisible(count > 1)
        for line in (0, 1):
            self._grid.setRowStretch(line, 1 if count > 2 * line else 0)
            self._grid.setColumnStretch(line, 1 if count > line else 0)
        self._activate(self.pane)
        self._show_views()

    def show_runs(self, runs: Mapping[str, Shown]) -> None:
        """Show these runs and no others."""
        if dict(runs) == self.runs:
            return
        self.runs = dict(runs)
        for pane in self.panes:
            pane.show_runs(self.runs)
        self.refresh()

    def refresh(self) -> None:
        """Draw what has changed; does nothing while the view is not on screen."""
        for pane in self.panes:
            pane.refresh()

    def showEvent(self, event: Any) -> None:
        """Draw what came while the view was hidden."""
        super().showEvent(event)
        self.refresh()

    def fit(self) -> None:
        """See everything on every chart."""
        for pane in self.panes:
            pane.fit()

    def readings(self, x: float) -> list[Reading]:
        """Return what every shown run has at x on the active chart."""
        return self.pane.readings(x)

    def save_png(self, path: Path) -> None:
        """Write the active chart as an image."""
        save_png(self.pane, path)

    def save_svg(self, path: Path) -> None:
        """Write the active chart as a drawing."""
        save_svg(self.pane, path)

    def save_csv(self, path: Path) -> None:
        """Write all values of the runs shown."""
        runs = [(run.title, run.history) for run in self.runs.values()]
        write_text_atomic(path, curves_csv(runs))

    def _add_pane(self) -> None:
        shown = {pane.view.chart.key for pane in self.panes}
        free = [chart for chart in CHARTS if chart.key in _FIRST and chart.key not in shown]
        pane = ChartPane(self._studio, self._view(free[0] if free else CHARTS[0]))
        pane.show_runs(self.runs)
        pane.read_out.setParent(self)
        pane.cursor_moved.connect(partial(self._cursor_moved, pane))
        pane.x_zoomed.connect(partial(self._x_zoomed, pane))
        pane.fit_wanted.connect(self.fit)
        pane.activated.connect(partial(self._activate, pane))
        self.panes.append(pane)

    def _view(self, chart: Chart) -> View:
        bar = self.bar
        axis = str(bar.axis.currentData())
        return View(chart, axis, bar.weight, bar.log.isChecked(), bar.outliers.isChecked())

    def _activate(self, pane: ChartPane) -> None:
        """Let the bar speak of this chart."""
        if pane not in self.panes:
            return
        self.active = self.panes.index(pane)
        blocked = self.bar.blockSignals(True)
        self.bar.show_chart(pane.view.chart)
        self.bar.blockSignals(blocked)
        for other in self.panes:
            role = "section" if other is pane else "hint"
            if other.heading.property("role") != role:
                other.heading.setProperty("role", role)
                other.heading.style().unpolish(other.heading)
                other.heading.style().polish(other.heading)

    def _bar_changed(self) -> None:
        if self.bar.smoothing.isSliderDown():
            self._later.start()
        else:
            self._show_views()

    def _show_views(self) -> None:
        for number, pane in enumerate(self.panes):
            old = pane.view
            chart = self.bar.chart if number == self.active else old.chart
            view = self._view(chart)
            pane.set_view(view, self.bar.averaged.isChecked())
            if (old.chart, old.axis, old.log, old.ignore_outliers) != (
                view.chart,
                view.axis,
                view.log,
                view.ignore_outliers,
            ):
                pane.fit()

    def _list_figures(self) -> None:
        self.bar.figures.clear()
        for name in other_figures(run.history for run in self.runs.values()):
            action = self.bar.figures.addAction(name, partial(self.bar.show_figure, name))
            action.setToolTip(figure_chart(name).hint)
        if self.bar.figures.isEmpty():
            self.bar.figures.addAction("No further figures yet").setEnabled(False)

    def _cursor_moved(self, source: ChartPane, x: float) -> None:
        for pane in self.panes:
            pane.show_cursor(x, with_readings=pane is source)

    def _x_zoomed(self, source: ChartPane, left: float, right: float) -> None:
        for pane in self.panes:
            if pane is not source:
                pane.plot.follows = False
                pane.plot.set_x_range((left, right))

    def _theme_changed(self) -> None:
        for pane in self.panes:
            pane.recolour()

    def _save(self, kind: str, write: Callable[[Path], None]) -> None:
        ending = kind.lower()
        name = file_name(self.suggested_title(kind), f".{ending}")
        settings, kinds = self._studio.settings, f"{kind} (*.{ending})"
        path = ask_in_last_folder(settings, _FOLDER, self, "Save", name, kinds)
        if path is not None:
            self.save(write, path)

    def suggested_title(self, kind: str) -> str:
        """Return what a file of this kind shows: the run where it is one, and the chart."""
        alone = [run.title for run in self.runs.values()] if len(self.runs) == 1 else []
        words = ["values"] if kind == "CSV" else [self.chart.label]
        return " · ".join(alone + words)

    def save(self, write: Callable[[Path], None], path: Path) -> None:
        """Write a file and tell about it."""
        try:
            write(path)
        except OSError as error:
            reason = error.strerror or error
            self._studio.message.emit(f"{path} could not be written ({reason}).")
            return
        self._studio.message.emit(f"Saved to {path}.")
