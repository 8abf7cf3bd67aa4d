"""The queue of a batch as a table that can be filtered and sorted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor

from app.pages.caption.sound_files import format_length
from app.theme import Theme
from core.batch import BatchRow, RowState

COLUMNS = ("File", "Length", "State", "Caption", "Confidence", "Time")
FILE, LENGTH, STATE, CAPTION, CONFIDENCE, TIME = range(len(COLUMNS))
ROW_ROLE = int(Qt.ItemDataRole.UserRole)
_ROOT = QModelIndex()
_ICONS = {
    RowState.WAITING: ("clock-outline", "muted"),
    RowState.CAPTIONING: ("progress-clock", "text"),
    RowState.DONE: ("check-circle-outline", "success"),
    RowState.FAILED: ("alert-circle-outline", "danger"),
    RowState.CANCELLED: ("cancel", "muted"),
}
_ORDER = {state: place for place, state in enumerate(RowState)}
_RIGHT = (LENGTH, CONFIDENCE, TIME)

Index = QModelIndex | QPersistentModelIndex


class BatchModel(QAbstractTableModel):
    """All rows in the order they were added, each path once. Signal: `counted()`."""

    counted = Signal()

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._rows: list[BatchRow] = []
        self._places: dict[Path, int] = {}
        self._counts = dict.fromkeys(RowState, 0)

    # ---- Qt's side -------------------------------------------------------------------------

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Return the number of files."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the names of the columns."""
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return COLUMNS[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows, or the whole row."""
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(row, column)
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.DecorationRole and column == STATE:
            return self._theme.icon(*_ICONS[row.state])
        if role == Qt.ItemDataRole.ForegroundRole and column == CAPTION:
            failed = row.state is RowState.FAILED
            return QColor(self._theme.colours.danger) if failed else None
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.path}\n{row.message or row.caption or row.state.value}"
        return None

    # ---- our side --------------------------------------------------------------------------

    @property
    def rows(self) -> tuple[BatchRow, ...]:
        """All rows."""
        return tuple(self._rows)

    @property
    def row_list(self) -> list[BatchRow]:
        """All rows as they are kept; only to be read."""
        return self._rows

    def count(self, state: RowState) -> int:
        """Return how many rows are in a state."""
        return self._counts[state]

    def find(self, path: Path) -> BatchRow | None:
        """Return the row of a path, or None."""
        place = self._places.get(path)
        return None if place is None else self._rows[place]

    def reset(self, rows: Mapping[Path, BatchRow]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self._rows = list(rows.values())
        self._index()
        self.endResetModel()
        self.counted.emit()

    def add(self, paths: Iterable[Path]) -> list[Path]:
        """Append the paths that are not there yet, and return them."""
        new = [path for path in dict.fromkeys(paths) if path not in self._places]
        if new:
            first = len(self._rows)
            self.beginInsertRows(QModelIndex(), first, first + len(new) - 1)
            self._rows.extend(BatchRow(path) for path in new)
            self._index()
            self.endInsertRows()
            self.counted.emit()
        return new

    def put(self, row: BatchRow) -> None:
        """Put a row in the place of the one with the same path; an unlisted path is ignored."""
        self.put_all([row])

    def put_all(self, rows: Iterable[BatchRow]) -> None:
        """Put many rows in the places of those with the same paths, and tell of it once."""
        places = []
        for row in rows:
            place = self._places.get(row.path)
            if place is not None:
                self._counts[self._rows[place].state] -= 1
                self._counts[row.state] += 1
                self._rows[place] = row
                places.append(place)
        if places:
            last = self.index(max(places), len(COLUMNS) - 1)
            self.dataChanged.emit(self.index(min(places), 0), last)

    def remove(self, paths: Iterable[Path]) -> None:
        """Take files off the list; the files themselves stay where they are."""
        gone = set(paths)
        self.beginResetModel()
        self._rows = [row for row in self._rows if row.path not in gone]
        self._index()
        self.endResetModel()
        self.counted.emit()

    def _index(self) -> None:
        self._places = {row.path: place for place, row in enumerate(self._rows)}
        self._counts = dict.fromkeys(RowState, 0)
        for row in self._rows:
            self._counts[row.state] += 1


class BatchFilter(QSortFilterProxyModel):
    """Shows the rows of some states whose name or caption holds a text."""

    def __init__(self, source: BatchModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words = ""
        self._states: frozenset[RowState] = frozenset(RowState)
        self._source = source
        self._keys: list[Any] = []  # of all rows, while one sorting goes on
        source.modelReset.connect(self._forget_keys)
        self.setDynamicSortFilter(False)
        self.setSourceModel(source)

    def set_words(self, words: str) -> None:
        """Show only rows that hold this text."""
        self._words = words.strip().casefold()
        self.invalidate()

    def set_states(self, states: Iterable[RowState]) -> None:
        """Show only rows in these states."""
        self._states = frozenset(states)
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        """Say whether a row is shown."""
        model = self.sourceModel()
        row: BatchRow = model.data(model.index(source_row, 0), ROW_ROLE)
        if row.state not in self._states:
            return False
        text = f"{row.path.name}\n{row.caption}\n{row.message}".casefold()
        return self._words in text

    def lessThan(self, left: Index, right: Index) -> bool:
        """Compare the rows themselves: thousands are sorted without a wait."""
        rows = self._source.row_list
        if len(self._keys) != len(rows):
            self._keys = [_key(row, left.column()) for row in rows]
        less: bool = self._keys[left.row()] < self._keys[right.row()]
        return less

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Put the rows in the order of a column as they are now."""
        self._keys = []
        super().sort(column, order)

    def invalidate(self) -> None:
        """Filter and sort once more."""
        self._keys = []
        super().invalidate()

    def _forget_keys(self) -> None:
        self._keys = []


def _text(row: BatchRow, column: int) -> str:
    if column == FILE:
        return row.path.name
    if column == LENGTH:
        return "" if row.duration is None else format_length(row.duration)
    if column == STATE:
        return row.state.value
    if column == CAPTION:
        return row.caption or row.message.removeprefix(f"'{row.path.name}' ")
    if column == CONFIDENCE:
        return "" if row.confidence is None else f"{100 * row.confidence:.0f} %"
    return "" if row.seconds is None else f"{row.seconds:.2f} s"


def _key(row: BatchRow, column: int) -> Any:
    if column == LENGTH:
        return -1.0 if row.duration is None else row.duration
    if column == STATE:
        return _ORDER[row.state]
    if column == CONFIDENCE:
        return -1.0 if row.confidence is None else row.confidence
    if column == TIME:
        return -1.0 if row.seconds is None else row.seconds
    return _text(row, column).casefold()


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in _RIGHT else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
