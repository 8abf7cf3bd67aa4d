"""A table of figures under its title and a list that chooses what it shows."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.pages.compare.figure_table import FigureTable, in_line
from app.widgets.elided_combo import ElidedComboBox


class ChosenTable(QWidget):
    """The list `choices` above the `table`; both are hidden where there is nothing to show.

    Signal: `chosen()` when the user has chosen something else.

    Parameters
    ----------
    title
        The words beside the list.
    choosing
        Accessible name of the list.
    name
        Accessible name of the table.
    """

    chosen = Signal()

    def __init__(self, title: str, choosing: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choices = ElidedComboBox()
        self.choices.setAccessibleName(choosing)
        self.choices.setMinimumContentsLength(24)
        self.choices.activated.connect(lambda _index: self._choose())
        self._wanted = ""
        self.table = FigureTable(name)
        heading = QLabel(title)
        heading.setProperty("role", "section")
        line = QHBoxLayout()
        line.setContentsMargins(12, 8, 12, 0)
        line.setSpacing(12)
        line.addWidget(heading)
        line.addWidget(self.choices)
        line.addStretch(1)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(4)
        self.column.addLayout(line)
        self.column.addLayout(in_line(self.table))

    def offer(self, choices: Iterable[tuple[str, object]]) -> None:
        """Offer (text, value) pairs; what the user chose stays chosen where it is among them."""
        self.choices.clear()
        for text, value in choices:
            self.choices.addItem(text, value)
        self.choices.setCurrentIndex(max(0, self.choices.findText(self._wanted)))

    def set_filled(self, filled: bool) -> None:
        """Show the list and the table, or hide them."""
        self.table.setVisible(filled)
        self.choices.setVisible(filled)

    def _choose(self) -> None:
        self._wanted = self.choices.currentText()
        self.chosen.emit()
