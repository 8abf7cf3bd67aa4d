"""The captions of a long recording as a list: time, words; and their exports."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.pages.caption.outputs import CheckpointNames, Timeline
from app.texts import clock_text
from app.theme import Theme
from app.widgets.elided_label import ElidedLabel
from core.timeline import EXPORTS, Segment

ROW_HEIGHT = 22


class TimelineList(QWidget):
    """Signals: `chosen(index)` when a row is chosen by hand, `export_clicked(kind)`."""

    chosen = Signal(int)
    export_clicked = Signal(str)

    def __init__(self, theme: Theme, names: CheckpointNames, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names = names
        self.timeline: Timeline | None = None
        self.facts = ElidedLabel()
        self.facts.setProperty("role", "hint")
        self.export = QToolButton()
        self.export.setText("Export")
        self.export.setToolTip("Write the timeline as subtitles, table or label track")
        self.export.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        theme.set_icon(self.export, "export-variant", "muted")
        menu = QMenu(self.export)
        for kind, form in EXPORTS.items():
            action = menu.addAction(f"{form.title} ({form.suffix})…")
            action.setData(kind)
        menu.triggered.connect(self._on_export)
        self.export.setMenu(menu)
        self.table = QTableWidget(0, 2)
        self.table.setAccessibleName("Timeline")
        self.table.setHorizontalHeaderLabels(["Time", "Caption"])
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        self.table.setFrameShape(QTableWidget.Shape.NoFrame)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.currentCellChanged.connect(self._on_current)
        top = QHBoxLayout()
        top.setContentsMargins(8, 2, 4, 2)
        top.addWidget(self.facts, 1)
        top.addWidget(self.export)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.table, 1)

    @property
    def current(self) -> int:
        """The chosen row, or -1."""
        return self.table.currentRow()

    def show_timeline(self, timeline: Timeline) -> None:
        """Fill the list; rows that stand already stay as they are."""
        before = () if self.timeline is None else self.timeline.segments
        self.timeline = timeline
        segments = timeline.segments
        blocked = self.table.blockSignals(True)
        self.table.setRowCount(len(segments))
        for row, segment in enumerate(segments):
            if row >= len(before) or not _equal(before[row], segment):
                self._fill(row, segment)
        self.table.blockSignals(blocked)
        count = len(segments)
        noun = "caption" if count == 1 else "captions"
        so_far = "" if timeline.complete else f"  ·  {timeline.done} of {timeline.total} windows"
        self.facts.setText(f"{count} {noun}{so_far}  ·  {self._names.of(timeline.checkpoint)}")
        self.export.setEnabled(count > 0)

    def select(self, index: int) -> None:
        """Choose a row without telling; -1 chooses none."""
        if index == self.current:
            return
        blocked = self.table.blockSignals(True)
        if index < 0:
            self.table.setCurrentCell(-1, -1)
            self.table.clearSelection()
        else:
            flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
            flag |= QItemSelectionModel.SelectionFlag.Rows
            model = self.table.model()
            self.table.selectionModel().setCurrentIndex(model.index(index, 1), flag)
            self.table.scrollTo(model.index(index, 1))
        self.table.blockSignals(blocked)
        self.table.viewport().update()

    def _fill(self, row: int, segment: Segment) -> None:
        time = QTableWidgetItem(f"{clock_text(segment.start, 1)} – {clock_text(segment.end, 1)}")
        text = QTableWidgetItem(segment.text)
        noun = "window" if segment.windows == 1 else "windows"
        text.setToolTip(f"{segment.text}\n{segment.windows} {noun} said so")
        self.table.setItem(row, 0, time)
        self.table.setItem(row, 1, text)

    def _on_current(self, row: int) -> None:
        if row >= 0:
            self.chosen.emit(row)

    def _on_export(self, action: object) -> None:
        self.export_clicked.emit(str(action.data()))  # type: ignore[attr-defined]


def _equal(one: Segment, other: Segment) -> bool:
    return (one.start, one.end, one.text, one.windows) == (
        other.start,
        other.end,
        other.text,
        other.windows,
    )
