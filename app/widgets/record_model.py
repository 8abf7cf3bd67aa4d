"""Records as a table model, with search and sorting; the view is `app.widgets.record_table`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QBrush

T = TypeVar("T")
Index = QModelIndex | QPersistentModelIndex

RECORD_ROLE = Qt.ItemDataRole.UserRole
SENTENCES = 1000  # columns that may be this wide hold sentences


@dataclass(frozen=True)
class Column(Generic[T]):
    """How one column shows a record. `key` sorts (default: the text); None sorts last.

    `width` in pixels is the most a column takes; for the first one the least, unless the last one
    holds sentences (`SENTENCES`).
    """

    title: str
    text: Callable[[T], str]
    key: Callable[[T], Any] | None = None
    tooltip: Callable[[T], str] | None = None
    right: bool = False
    width: int = 120


class RecordModel(QAbstractTableModel, Generic[T]):
    """Records as rows: those that contain every word of a search, sorted by the columns' keys.

    Searching and sorting work on plain lists, so that tens of thousands of rows answer at once.

    Parameters
    ----------
    columns
        What is shown of a record.
    faulty
        Says which records are broken; they are shown in `fault_brush`.
    search_text
        Gives what is searched of a record; by default its cells are.
    """

    def __init__(
        self,
        columns: Sequence[Column[T]],
        faulty: Callable[[T], bool] | None = None,
        search_text: Callable[[T], str] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.records: list[T] = []
        self.fault_brush: QBrush | None = None
        self._faulty = faulty
        self._search_text = search_text
        self._words: list[str] = []
        self._condition: Callable[[T], bool] | None = None
        self._column, self._order = -1, Qt.SortOrder.AscendingOrder
        self._texts: list[str] | None = None
        self._rows: list[int] = []

    def set_records(self, records: Sequence[T]) -> None:
        """Show other records."""
        self.beginResetModel()
        self.records = list(records)
        self._texts = None
        self._arrange()
        self.endResetModel()

    def set_search(self, text: str) -> None:
        """Keep the rows in which each of these words occurs somewhere."""
        self.beginResetModel()
        self._words = text.casefold().split()
        self._arrange()
        self.endResetModel()

    def set_condition(self, condition: Callable[[T], bool] | None) -> None:
        """Keep only records that fulfil a condition, beside the search."""
        self.beginResetModel()
        self._condition = condition
        self._arrange()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 is the order the records came in."""
        self.beginResetModel()
        self._column, self._order = column, order
        self._arrange()
        self.endResetModel()

    def shown(self) -> list[T]:
        """Return the records that pass the search, in the order shown."""
        return [self.records[row] for row in self._rows]

    def record(self, row: int) -> T:
        """Return the record that is shown in a row."""
        return self.records[self._rows[row]]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Count the records that are shown."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Count the columns."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Give the columns' titles."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give what a cell shows."""
        if not index.isValid():
            return None
        record, column = self.record(index.row()), self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(record)
        if role == RECORD_ROLE:
            return record
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return (column.tooltip or column.text)(record) or None
        if role == Qt.ItemDataRole.ForegroundRole and self._faulty and self._faulty(record):
            return self.fault_brush
        return None

    # ---- inside ----------------------------------------------------------------------------

    def _arrange(self) -> None:
        """Find the rows to show; a missing key stands last whichever way a column is sorted."""
        rows = self._passing()
        if 0 <= self._column < len(self.columns):
            column = self.columns[self._column]
            keys = {row: _key(column, self.records[row]) for row in rows}
            known = [row for row in rows if keys[row] is not None]
            backwards = self._order == Qt.SortOrder.DescendingOrder
            known.sort(key=keys.__getitem__, reverse=backwards)
            rows = known + [row for row in rows if keys[row] is None]
        self._rows = rows

    def _passing(self) -> list[int]:
        rows = list(range(len(self.records)))
        if self._condition is not None:
            rows = [row for row in rows if self._condition(self.records[row])]
        if self._words:
            texts = self._searched()
            for word in self._words:
                rows = [row for row in rows if word in texts[row]]
        return rows

    def _searched(self) -> list[str]:
        if self._texts is None:
            say = self._search_text or self._cells
            self._texts = [say(record).casefold() for record in self.records]
        return self._texts

    def _cells(self, record: T) -> str:
        return " ".join(column.text(record) for column in self.columns)


def _key(column: Column[T], record: T) -> Any:
    return column.key(record) if column.key else column.text(record).casefold()
