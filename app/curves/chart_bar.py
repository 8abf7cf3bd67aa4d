"""The bar above the charts: which chart, how it is drawn, how many, and saving them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSettings, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QSlider,
    QTabBar,
    QToolButton,
    QWidget,
)

from app.curves.charts import CHARTS, Chart, figure_chart
from app.studio import Studio
from app.widgets.inputs import QuietComboBox

LAYOUTS = (
    (1, "square-outline", "One chart"),
    (2, "view-agenda-outline", "Two charts"),
    (4, "view-grid-outline", "Four charts"),
)


class ChartBar(QWidget):
    """`changed` tells that a chart or how it is drawn was chosen."""

    changed = Signal()
    fit_wanted = Signal()
    layout_chosen = Signal(int)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        settings = studio.settings
        self.charts = list(CHARTS)
        self.tabs = QTabBar()
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.setElideMode(Qt.TextElideMode.ElideNone)
        self.tabs.setAccessibleName("Chart")
        for chart in CHARTS:
            self._add_tab(chart)
        self.more = self._button("chart-box-plus-outline", "More figures of the runs shown")
        self.figures = self._menu(self.more)
        self.smoothing = QSlider(Qt.Orientation.Horizontal)
        self.smoothing.setRange(0, 999)
        self.smoothing.setPageStep(50)
        self.smoothing.setFixedWidth(72)
        self.smoothing.setAccessibleName("Smoothing")
        self.smoothing.setToolTip(
            "Smoothing of the training curves: exponential mean, as in TensorBoard;\n"
            "the raw values stay behind it"
        )
        self.smoothing.setValue(int(str(settings.value("train/smoothing", 800))))
        self.smoothing_label = QLabel()
        self.smoothing_label.setProperty("role", "hint")
        self.smoothing_label.setFixedWidth(32)
        self.hint = QLabel("Smoothing")
        self.hint.setProperty("role", "hint")
        self.hint.setBuddy(self.smoothing)
        self.axis = QuietComboBox()
        self.axis.setAccessibleName("Horizontal axis")
        self.axis.setToolTip("Horizontal axis; pauses do not count into the time")
        for key, label in (("step", "Step"), ("epoch", "Epoch"), ("elapsed", "Time")):
            self.axis.addItem(label, key)
        self.axis.set_data(str(settings.value("train/axis", "step")))
        self.axis.setFixedWidth(72)
        self.log = self._switch("math-log", "Logarithmic vertical axis", "L", "train/log")
        self.outliers = self._switch(
            "chart-bell-curve", "Ignore outliers: show 5 to 95 % of the values", "O", "train/trim"
        )
        self.averaged = self._switch(
            "chart-areaspline", "Mean and standard deviation over seeds", "M", "train/averaged"
        )
        self.fit = self._button("fit-to-page-outline", "Fit: show everything (F)")
        self.fit.setShortcut("F")
        self.layouts = self._button("view-grid-outline", "How many charts are shown at a time")
        menu = self._menu(self.layouts)
        for count, icon, text in LAYOUTS:
            action = menu.addAction(text, partial(self.layout_chosen.emit, count))
            studio.theme.set_icon(action, icon, "muted")
        self.export = self._button("download-outline", "Save the chart or its values")
        self.exports = self._menu(self.export)

        bar = QHBoxLayout(self)
        bar.setContentsMargins(6, 4, 8, 4)
        bar.setSpacing(3)
        bar.addWidget(self.tabs, 1)
        bar.addWidget(self.more)
        bar.addSpacing(4)
        for widget in (self.hint, self.smoothing, self.smoothing_label, self.axis):
            bar.addWidget(widget)
        for button in (self.log, self.outliers, self.averaged, self.fit, self.layouts, self.export):
            bar.addWidget(button)
        self.tabs.currentChanged.connect(self.changed)
        self.axis.currentIndexChanged.connect(self._keep)
        self.smoothing.valueChanged.connect(self._keep)
        for button in (self.log, self.outliers, self.averaged):
            button.toggled.connect(self._keep)
        self.fit.clicked.connect(self.fit_wanted)
        self._show_weight()

    @property
    def chart(self) -> Chart:
        """The chart that is chosen."""
        return self.charts[max(0, self.tabs.currentIndex())]

    @property
    def weight(self) -> float:
        """The smoothing weight, 0 to 0.999."""
        return self.smoothing.value() / 1000

    def focus_order(self) -> list[QWidget]:
        """Return what can have the focus, from left to right."""
        first = [self.tabs, self.more, self.smoothing, self.axis]
        switches = [self.log, self.outliers, self.averaged]
        return [*first, *switches, self.fit, self.layouts, self.export]

    def show_chart(self, chart: Chart) -> None:
        """Choose a chart; one without a tab of its own takes the last tab."""
        keys = [known.key for known in self.charts]
        if chart.key not in keys:
            if len(self.charts) > len(CHARTS):
                self.charts.pop()
                blocked = self.tabs.blockSignals(True)
                self.tabs.removeTab(len(CHARTS))
                self.tabs.blockSignals(blocked)
            self.charts.append(chart)
            self._add_tab(chart)
            keys = [known.key for known in self.charts]
        self.tabs.setCurrentIndex(keys.index(chart.key))

    def show_figure(self, name: str) -> None:
        """Choose a figure that has no tab of its own."""
        self.show_chart(figure_chart(name))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what explains itself where there is little room."""
        super().resizeEvent(event)
        self.hint.setVisible(event.size().width() > 1000)

    def _add_tab(self, chart: Chart) -> None:
        index = self.tabs.addTab(chart.label)
        self.tabs.setTabToolTip(index, chart.hint)

    def _button(self, icon: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setIconSize(QSize(18, 18))
        button.setToolTip(tip)
        button.setAccessibleName(tip.split(":")[0].split(" (")[0])
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._studio.theme.set_icon(button, icon, "text")
        return button

    def _switch(self, icon: str, tip: str, key: str, setting: str) -> QToolButton:
        button = self._button(icon, f"{tip} ({key})")
        button.setCheckable(True)
        button.setShortcut(key)
        button.setChecked(_is_on(self._studio.settings, setting))
        button.toggled.connect(lambda on: self._studio.settings.setValue(setting, on))
        return button

    def _menu(self, button: QToolButton) -> QMenu:
        menu = QMenu(self)
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return menu

    def _keep(self, *_: object) -> None:
        self._studio.settings.setValue("train/axis", self.axis.currentData())
        self._studio.settings.setValue("train/smoothing", self.smoothing.value())
        self._show_weight()
        self.changed.emit()

    def _show_weight(self) -> None:
        self.smoothing_label.setText(f"{self.weight:.3f}")


def add_actions(menu: QMenu, actions: list[tuple[str, Callable[[], object]]]) -> None:
    """Put actions into a menu."""
    for text, act in actions:
        menu.addAction(text, act)


def _is_on(settings: QSettings, name: str) -> bool:
    return str(settings.value(name, "false")).lower() == "true"
