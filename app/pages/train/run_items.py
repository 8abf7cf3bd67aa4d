"""The rows of the list of runs: what one shows, how it sorts, and the row of an experiment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTreeWidgetItem

# Where the number lies by which a column is sorted.
SORT = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True)
class RunRow:
    """What the list shows of one run."""

    key: str
    title: str
    colour: str
    contrast: bool
    state: str
    epoch: int
    epochs: int
    best: float | None
    monitor: str
    started: float
    problem: str = ""
    group: str = ""
    group_title: str = ""


class RunItem(QTreeWidgetItem):
    """Sorts by numbers where there are numbers."""

    def __lt__(self, other: QTreeWidgetItem) -> bool:
        tree = self.treeWidget()
        column = tree.sortColumn() if tree is not None else 0
        mine, theirs = self.data(column, SORT), other.data(column, SORT)
        if mine is None or theirs is None:
            return self.text(column).lower() < other.text(column).lower()
        return bool(mine < theirs)


class GroupItem(RunItem):
    """The row of an experiment; `ticked` hears once that all of its runs were ticked."""

    def __init__(self, ticked: Callable[[], object]) -> None:
        super().__init__()
        self.setFlags(self.flags() | Qt.ItemFlag.ItemIsAutoTristate)
        self._ticked = ticked

    def setData(self, column: int, role: int, value: Any) -> None:
        """Keep the runs, which are ticked one by one, from telling for themselves."""
        tree = self.treeWidget()
        if role != Qt.ItemDataRole.CheckStateRole or tree is None or tree.signalsBlocked():
            super().setData(column, role, value)
            return
        tree.blockSignals(True)
        super().setData(column, role, value)
        tree.blockSignals(False)
        self._ticked()
