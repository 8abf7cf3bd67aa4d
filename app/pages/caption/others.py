"""What other checkpoints say of the same sound, under the caption of one of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from .outputs import Result, confidence_text

ROW_HEIGHT = 22
MOST_SHOWN = 4


class OtherCaptions(QTableWidget):
    """A row a checkpoint: its name, its caption, how sure it is; hidden where there is none.

    Signal: `opened(result)` when a row is clicked, or Return pressed on it.
    """

    opened = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 3, parent)
        self._results: list[Result] = []
        self.setAccessibleName("Captions by the other checkpoints")
        self.horizontalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.setShowGrid(False)
        self.setFrameShape(QTableWidget.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.cellClicked.connect(self._open)
        self.cellActivated.connect(self._open)
        self.show_results([], [])

    def show_results(self, results: Sequence[Result], names: Sequence[str]) -> None:
        """Show captions of the same part, each with the name of its checkpoint."""
        self._results = list(results)
        self.setRowCount(len(results))
        muted = self.palette().placeholderText()
        for row, (result, name) in enumerate(zip(results, names, strict=True)):
            cells = [QTableWidgetItem(name), QTableWidgetItem(result.text)]
            cells.append(QTableWidgetItem(confidence_text(result.caption.confidence)))
            cells[0].setForeground(muted)
            cells[2].setForeground(muted)
            for column, cell in enumerate(cells):
                cell.setToolTip(f"{name}: {result.text}\nClick to see its words and beams")
                self.setItem(row, column, cell)
        self.clearSelection()
        self.setCurrentCell(-1, -1)
        self.setFixedHeight(ROW_HEIGHT * min(len(results), MOST_SHOWN))
        self.setVisible(bool(results))

    def _open(self, row: int) -> None:
        self.opened.emit(self._results[row])
