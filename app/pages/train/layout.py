"""Where everything stands on the Train page."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.pages.train.log_pane import LogPane
from app.pages.train.previews import PreviewPane
from app.pages.train.run_list import RunList
from app.pages.train.setup_pane import SetupPane
from app.pages.train.state_line import StateLine
from app.studio import Studio
from app.widgets.banner import Banner
from app.widgets.empty_state import EmptyState

EMPTY_TEXT = (
    "Train a captioning model and watch it learn. The starter presets need no download and take "
    "minutes on a processor; press Start when the settings on the left suit you."
)


class TrainLayout(QWidget):
    """The panes of the page: set-up, state line, place of the plots, runs, previews, log."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setup = SetupPane(studio)
        self.state_line = StateLine(studio)
        self.banner = Banner(studio.theme)
        self.runs = RunList(studio)
        self.attach_button = QToolButton()
        self.attach_button.setAccessibleName("Attach to a run folder")
        self.attach_button.setToolTip(
            "Show a run folder that another process or machine writes (Ctrl+Shift+A)"
        )
        self.attach_button.setIconSize(QSize(18, 18))
        studio.theme.set_icon(self.attach_button, "link-variant", "text")
        self.previews = PreviewPane(studio)
        self.log = LogPane()
        self.plot_place = QVBoxLayout()
        self.plot_place.setContentsMargins(0, 0, 0, 0)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName("Of the selected run")
        self.tabs.addTab(self.previews, "Previews")
        self.tabs.addTab(self.log, "Log")
        self.empty = EmptyState(studio.theme, "chart-line", "No run yet", EMPTY_TEXT, "Start")
        self.caption = self.empty.add_quiet("Caption a sound with the starter model")
        self.caption.clicked.connect(lambda: studio.show_page.emit("caption"))

        place = QWidget()
        place.setLayout(self.plot_place)
        lower = _splitter(Qt.Orientation.Horizontal, self._runs_panel(), _panel(self.tabs))
        right = _splitter(Qt.Orientation.Vertical, place, lower)
        right.setStretchFactor(0, 1)
        content = _column(self.state_line, right)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(content)
        whole = _splitter(Qt.Orientation.Horizontal, self.setup, _column(self.banner, self.stack))
        whole.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(whole)
        studio.remember_splitter(whole, "train/main", [336, 944])
        studio.remember_splitter(right, "train/right", [400, 230])
        studio.remember_splitter(lower, "train/lower", [560, 320])

    def order_focus(self, charts: Sequence[QWidget]) -> None:
        """Let Tab go from the settings over the state line and the `charts` to the runs."""
        first, last = self.state_line, self.runs
        order: list[QWidget] = [self.setup.copy_command, *self.banner.focus_order()]
        order += [first.warnings, first.pause, first.resume, first.stop, first.more]
        order += [*charts, last.filter, self.attach_button, last.tree, self.tabs.tabBar()]
        for one, following in pairwise(order):
            QWidget.setTabOrder(one, following)

    def _runs_panel(self) -> QWidget:
        heading = QLabel("Runs")
        heading.setProperty("role", "section")
        self.runs.filter.setFixedWidth(150)
        head = QHBoxLayout()
        head.setContentsMargins(12, 6, 12, 6)
        head.addWidget(heading)
        head.addStretch()
        head.addWidget(self.runs.filter)
        head.addWidget(self.attach_button)
        top = QWidget()
        top.setLayout(head)
        return _panel(_column(top, self.runs), margin=0)


def _splitter(orientation: Qt.Orientation, *panes: QWidget) -> QSplitter:
    splitter = QSplitter(orientation)
    for pane in panes:
        splitter.addWidget(pane)
    splitter.setChildrenCollapsible(False)
    return splitter


def _column(first: QWidget, rest: QWidget) -> QWidget:
    box = QWidget()
    layout = QVBoxLayout(box)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    layout.addWidget(first)
    layout.addWidget(rest, 1)
    return box


def _panel(content: QWidget, margin: int = 2) -> QWidget:
    panel = QWidget()
    panel.setProperty("role", "panel")
    panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    layout = QVBoxLayout(panel)
    layout.setContentsMargins(0, margin, 0, 0)
    layout.addWidget(content)
    return panel
