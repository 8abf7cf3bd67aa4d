"""The curves: chart tabs, axes, smoothing, read-out, export. Imports pyqtgraph."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSlider,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.pages.train.charts import CHARTS, X_AXES, Chart, figure_chart, other_figures
from app.pages.train.export import curves_csv
from app.pages.train.history import RunHistory
from app.pages.train.read_out import Reading, ReadOut
from app.pages.train.run_curves import RunCurves
from app.studio import Studio
from app.widgets.curve_plot import CurvePlot
from app.widgets.inputs import QuietComboBox
from core.files import write_text_atomic


@dataclass(frozen=True, eq=False)
class Shown:
    """A run as the plot needs it."""

    title: str
    colour: str
    dashed: bool
    history: RunHistory

    def __eq__(self, other: object) -> bool:
        # The same history object, not one of equal content: comparing arrays would take long.
        return (
            isinstance(other, Shown)
            and self.history is other.history
            and (self.title, self.colour, self.dashed) == (other.title, other.colour, other.dashed)
        )


class CurvesView(QWidget):
    """Plots the runs it was given with `put`; `refresh` draws what has changed since."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._runs: dict[str, Shown] = {}
        self._curves: dict[str, RunCurves] = {}
        self._cursor = math.nan
        settings = studio.settings
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

        self.tabs = QTabBar()
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.setElideMode(Qt.TextElideMode.ElideNone)
        self._charts = list(CHARTS)
        for chart in CHARTS:
            self._add_tab(chart)
        self.more = self._button("chart-box-plus-outline", "More figures of the runs shown")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.figures = QMenu(self)
        self.figures.aboutToShow.connect(self._list_figures)
        self.more.setMenu(self.figures)
        self.axis = QuietComboBox()
        self.axis.setAccessibleName("Horizontal axis")
        self.axis.setToolTip("Horizontal axis")
        for key, label in (("step", "Step"), ("epoch", "Epoch"), ("elapsed", "Time")):
            self.axis.addItem(label, key)
        self.axis.set_data(str(settings.value("train/axis", "step")))
        self.axis.setFixedWidth(76)
        self.smoothing = QSlider(Qt.Orientation.Horizontal)
        self.smoothing.setRange(0, 999)
        self.smoothing.setPageStep(50)
        self.smoothing.setFixedWidth(84)
        self.smoothing.setAccessibleName("Smoothing")
        self.smoothing.setToolTip(
            "Smoothing of the training curves: exponential mean, as in TensorBoard; "
            "the raw values stay behind it"
        )
        self.smoothing.setValue(int(str(settings.value("train/smoothing", 800))))
        self.smoothing_label = QLabel()
        self.smoothing_label.setProperty("role", "hint")
        self.smoothing_label.setFixedWidth(32)
        self.log = self._button("math-log", "Logarithmic vertical axis", checkable=True)
        self.fit = self._button("fit-to-page-outline", "Fit: show everything (F)")
        self.fit.setShortcut("F")
        self.export = self._button("download-outline", "Save the chart or its values")
        menu = QMenu(self)
        menu.addAction("Save chart as PNG...", self._save_png)
        menu.addAction("Save values as CSV...", self._save_csv)
        self.export.setMenu(menu)
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        hint = QLabel("Smoothing")
        hint.setProperty("role", "hint")
        hint.setBuddy(self.smoothing)

        bar = QHBoxLayout()
        bar.setContentsMargins(6, 4, 8, 4)
        bar.setSpacing(4)
        bar.addWidget(self.tabs)
        bar.addWidget(self.more)
        bar.addStretch(1)
        bar.addWidget(hint)
        bar.addWidget(self.smoothing)
        bar.addWidget(self.smoothing_label)
        bar.addWidget(self.axis)
        for button in (self.log, self.fit, self.export):
            bar.addWidget(button)
        self.plot = CurvePlot(studio.theme.colours)
        self.plot.setMinimumHeight(140)
        self.read_out = ReadOut(self.plot)
        self.nothing = QLabel(self.plot)
        self.nothing.setProperty("role", "muted")
        self.nothing.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.plot, 1)

        self.tabs.currentChanged.connect(self._settings_changed)
        self.axis.currentIndexChanged.connect(self._settings_changed)
        self.smoothing.valueChanged.connect(self._smoothing_changed)
        self.log.toggled.connect(self._settings_changed)
        self.fit.clicked.connect(self.plot.fit)
        self.plot.cursor_moved.connect(self._cursor_moved)
        self.plot.installEventFilter(self)
        studio.theme.changed.connect(self._theme_changed)
        self._smoothing_changed()
        self._settings_changed()

    @property
    def chart(self) -> Chart:
        """The chart that is shown."""
        return self._charts[max(0, self.tabs.currentIndex())]

    def show_figure(self, name: str) -> None:
        """Show a figure that has no tab of its own in a last tab, in place of the one before."""
        if len(self._charts) > len(CHARTS):
            self._charts.pop()
            self.tabs.removeTab(len(CHARTS))
        self._charts.append(figure_chart(name))
        self._add_tab(self._charts[-1])
        self.tabs.setCurrentIndex(len(CHARTS))

    def put(self, key: str, title: str, colour: str, dashed: bool, history: RunHistory) -> None:
        """Show a run, or show it differently."""
        old = self._runs.get(key)
        new = Shown(title, colour, dashed, history)
        if old == new:
            return
        self._runs[key] = new
        if old is None:
            self._curves[key] = RunCurves(self.plot)
        if old is None or (old.colour, old.dashed) != (colour, dashed):
            self._curves[key].style(colour, dashed, self._studio.theme.colours)
        self.refresh()

    def drop(self, key: str) -> None:
        """Show a run no longer."""
        if self._runs.pop(key, None) is not None:
            self._curves.pop(key).remove()
            self.refresh()

    def keep_only(self, keys: Iterable[str]) -> None:
        """Drop all runs but these."""
        for key in self._runs.keys() - set(keys):
            self.drop(key)

    def refresh(self) -> None:
        """Draw what has changed; does nothing while the view is not on screen."""
        if not self.isVisible():
            return
        axis, weight = str(self.axis.currentData()), self.smoothing.value() / 1000
        changed = False
        for key, run in self._runs.items():
            curves = self._curves[key]
            changed |= curves.draw(run.history, self.chart, axis, weight, self.log.isChecked())
        if changed and not math.isnan(self._cursor):
            self._show_readings()
        self._say_nothing()

    def showEvent(self, event: Any) -> None:
        """Draw what came while the view was hidden."""
        super().showEvent(event)
        self.refresh()

    def eventFilter(self, watched: Any, event: QEvent) -> bool:
        """Keep the sentence of the empty plot in its middle."""
        if watched is self.plot and event.type() == QEvent.Type.Resize:
            self.nothing.setGeometry(self.plot.rect().adjusted(70, 0, -12, -30))
        return False

    def readings(self, x: float) -> list[Reading]:
        """Return what every shown run has at x, the nearest first."""
        found = []
        for key, run in self._runs.items():
            values = self._curves[key].at(x)
            if values is not None:
                found.append(Reading(run.title, run.colour, run.dashed, *values))
        return sorted(found, key=lambda item: abs(item.x - x))

    def _button(self, icon: str, tip: str, checkable: bool = False) -> QToolButton:
        button = QToolButton()
        button.setIconSize(QSize(18, 18))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setCheckable(checkable)
        self._studio.theme.set_icon(button, icon, "text")
        return button

    def _add_tab(self, chart: Chart) -> None:
        index = self.tabs.addTab(chart.label)
        self.tabs.setTabToolTip(index, chart.hint)

    def _list_figures(self) -> None:
        self.figures.clear()
        for name in other_figures(run.history for run in self._runs.values()):
            self.figures.addAction(name, partial(self.show_figure, name))
        if self.figures.isEmpty():
            self.figures.addAction("No further figures yet").setEnabled(False)

    def _settings_changed(self, *_: Any) -> None:
        self._studio.settings.setValue("train/axis", self.axis.currentData())
        self.plot.set_labels(X_AXES[str(self.axis.currentData())], self.chart.axis)
        self.plot.set_log(self.log.isChecked())
        self.smoothing.setEnabled(self.chart.smoothed)
        self.refresh()
        self.plot.fit()

    def _smoothing_changed(self, *_: Any) -> None:
        self._studio.settings.setValue("train/smoothing", self.smoothing.value())
        self.smoothing_label.setText(f"{self.smoothing.value() / 1000:.3f}")
        self.refresh()

    def _theme_changed(self) -> None:
        colours = self._studio.theme.colours
        self.plot.set_colours(colours)
        for key, run in self._runs.items():
            self._curves[key].style(run.colour, run.dashed, colours)

    def _say_nothing(self) -> None:
        empty = all(
            curves.training is None and curves.checked is None for curves in self._curves.values()
        )
        if empty and self._runs:
            self.nothing.setText(f"The runs shown have no values of {self.chart.axis} yet.")
        elif empty:
            self.nothing.setText("Tick a run below to see its curves.")
        self.nothing.setVisible(empty)

    def _cursor_moved(self, x: float) -> None:
        self._cursor = x
        if math.isnan(x):
            self.read_out.hide()
        else:
            self._show_readings()

    def _show_readings(self) -> None:
        place = self.plot.mapFromGlobal(self.plot.cursor().pos()).x()
        axis = {"elapsed": "time"}.get(str(self.axis.currentData()), str(self.axis.currentData()))
        self.read_out.show_readings(
            self.readings(self._cursor), axis, self._studio.theme.colours, place, self.plot
        )

    def _save_png(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Save chart", "curves.png", "PNG (*.png)")
        if name:
            self.save_png(Path(name))

    def save_png(self, path: Path) -> None:
        """Write the plot as an image at twice the screen's size."""
        area = self.plot.viewport().rect()
        image = QPixmap(area.size() * 2)
        image.setDevicePixelRatio(2)
        painter = QPainter(image)
        self.plot.render(painter, QRectF(area), area)
        painter.end()
        if image.save(str(path), "PNG"):
            self._studio.message.emit(f"Chart saved to {path}.")
        else:
            self._studio.message.emit(f"{path} could not be written; choose another folder.")

    def _save_csv(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Save values", "curves.csv", "CSV (*.csv)")
        if name:
            runs = [(run.title, run.history) for run in self._runs.values()]
            try:
                write_text_atomic(Path(name), curves_csv(runs))
            except OSError as error:
                self._studio.message.emit(f"{name} could not be written ({error}).")
                return
            self._studio.message.emit(f"Values saved to {name}.")
