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
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QBrush

T = TypeVar("T")
Index = QModelIndex | QPersistentModelIndex

SORT_ROLE = Qt.ItemDataRole.UserRole
RECORD_ROLE = Qt.ItemDataRole.UserRole + 1
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
    """Records as rows. `faulty` says which are broken; they are shown in `fault_brush`."""

    def __init__(
        self,
        columns: Sequence[Column[T]],
        faulty: Callable[[T], bool] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.records: list[T] = []
        self.fault_brush: QBrush | None = None
        self._faulty = faulty

    def set_records(self, records: Sequence[T]) -> None:
        """Show other records."""
        self.beginResetModel()
        self.records = list(records)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Count the records."""
        return 0 if parent.isValid() else len(self.records)

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
        record, column = self.records[index.row()], self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(record)
        if role == SORT_ROLE:
            return column.key(record) if column.key else column.text(record).casefold()
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


class RecordFilter(QSortFilterProxyModel):
    """Rows that contain every word of the search, sorted by the columns' keys.

    `search_text` gives what is searched of a record; by default its cells are.
    """

    def __init__(
        self, search_text: Callable[[Any], str] | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._search_text = search_text
        self._words: list[str] = []
        self._extra: Callable[[Any], bool] | None = None
        self.setSortRole(SORT_ROLE)

    def set_search(self, text: str) -> None:
        """Keep the rows in which each of these words occurs somewhere."""
        self.beginFilterChange()
        self._words = text.casefold().split()
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)

    def set_condition(self, condition: Callable[[Any], bool] | None) -> None:
        """Keep only records that fulfil a condition, beside the search."""
        self.beginFilterChange()
        self._extra = condition
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        """Say whether a row is shown."""
        model = self.sourceModel()
        if not isinstance(model, RecordModel):
            return True
        record = model.records[source_row]
        if self._extra is not None and not self._extra(record):
            return False
        if not self._words:
            return True
        if self._search_text is not None:
            text = self._search_text(record)
        else:
            text = " ".join(column.text(record) for column in model.columns)
        text = text.casefold()
        return all(word in text for word in self._words)

    def lessThan(self, source_left: Index, source_right: Index) -> bool:
        """Order by key; a missing value stands last whichever way the column is sorted."""
        left, right = source_left.data(SORT_ROLE), source_right.data(SORT_ROLE)
        if left is None or right is None:
            last_is_greater = self.sortOrder() == Qt.SortOrder.AscendingOrder
            return (right is None and left is not None) == last_is_greater and left != right
        return bool(left < right)
