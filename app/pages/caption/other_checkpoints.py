"""What other checkpoints say of the same sound, under the caption of one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from app.pages.caption.outputs import Result, confidence_text

if TYPE_CHECKING:
    from app.palette import Colours

ROW_HEIGHT = 22
MOST_SHOWN = 4


class OtherCaptions(QTableWidget):
    """A row a checkpoint: its name, its caption, how sure it is; hidden where there is none.

    Signal: `opened(result)` when a row is clicked, or Return pressed on it.
    """

    opened = Signal(object)

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(0, 3, parent)
        self._colours = colours
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
        for row, (result, name) in enumerate(zip(results, names, strict=True)):
            cells = [QTableWidgetItem(name), QTableWidgetItem(result.text)]
            cells.append(QTableWidgetItem(confidence_text(result.caption.confidence)))
            for column, cell in enumerate(cells):
                cell.setToolTip(f"{name}: {result.text}\nClick to see its words and beams")
                self.setItem(row, column, cell)
        self.set_colours(self._colours)
        self.clearSelection()
        self.setCurrentCell(-1, -1)
        self.setFixedHeight(ROW_HEIGHT * min(len(results), MOST_SHOWN))
        self.setVisible(bool(results))

    def set_colours(self, colours: Colours) -> None:
        """Paint with the colours of the theme."""
        self._colours = colours
        for row in range(self.rowCount()):
            for column in (0, 2):
                if (cell := self.item(row, column)) is not None:
                    cell.setForeground(QColor(colours.muted))

    def _open(self, row: int) -> None:
        self.opened.emit(self._results[row])
