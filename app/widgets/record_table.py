"""A table of records: sortable, searchable, its columns as wide as their content.

One `Column` says how a record is shown and sorted; the rest is the same for every list of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from app.widgets.record_model import RECORD_ROLE, SENTENCES, Column, RecordModel
from app.widgets.sort_header import SortHeader

T = TypeVar("T")

LEAST_SENTENCE = 240
NARROW = 96
# Rows whose texts are compared to find how wide a column is, and cells that are then measured.
LOOKED_AT, MEASURED = 250, 3


class RecordTable(QTableView, Generic[T]):
    """The view: whole rows, sorted by a click on a title, a menu for the right button.

    Signals: `current_changed(record or None)`, `activated_record(record)` (double click or Enter),
    `delete_pressed()` (the Delete key).
    """

    current_changed = Signal(object)
    activated_record = Signal(object)
    delete_pressed = Signal()

    def __init__(
        self,
        columns: Sequence[Column[T]],
        *,
        identity: Callable[[T], Any],
        faulty: Callable[[T], bool] | None = None,
        search_text: Callable[[T], str] | None = None,
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._identity = identity
        self.records_model: RecordModel[T] = RecordModel(columns, faulty, search_text, self)
        self.setModel(self.records_model)
        self.setObjectName(name)
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(30)
        header = SortHeader(self)
        self.setHorizontalHeader(header)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setMinimumSectionSize(44)
        header.setSortIndicatorShown(True)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.sortIndicatorChanged.connect(self._sort_by)
        header.sectionResized.connect(self._section_resized)
        self._widths_chosen = self._fitting = False
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu)
        self._menu_actions: list[QAction | None] = []
        self.selectionModel().currentRowChanged.connect(self._on_current)
        self.activated.connect(self._on_activated)

    # ---- content ---------------------------------------------------------------------------

    def set_records(self, records: Sequence[T]) -> None:
        """Show these records and keep the current one current where it is still there."""
        place = self.verticalScrollBar().value()
        before = self.current()
        self.records_model.set_records(records)
        if before is None or not self.select(self._identity(before)):
            self.current_changed.emit(None)
        self.verticalScrollBar().setValue(place)
        self.fit_columns()

    def update_rows(self) -> None:
        """Show the same records anew: what a column says of them may have changed."""
        model = self.records_model
        if model.rowCount():
            last = model.index(model.rowCount() - 1, len(model.columns) - 1)
            model.dataChanged.emit(model.index(0, 0), last)

    def fit_columns(self) -> None:
        """Give every column the room its content needs, and one of them the rest.

        Not once the user has chosen a width.
        """
        if self._widths_chosen or not self.isVisible():
            return
        self._fitting = True
        columns = self.records_model.columns
        # The last column takes what is left if it holds sentences, else the first does.
        elastic = len(columns) - 1 if columns[-1].width >= SENTENCES else 0
        least = columns[0].width if elastic == 0 else LEAST_SENTENCE
        widths = {
            number: self._content_width(number)
            for number in range(len(columns))
            if number != elastic and not self.isColumnHidden(number)
        }
        over = sum(widths.values()) + least - self.viewport().width()
        for number in sorted(widths, key=lambda key: -widths[key]):
            cut = max(0, min(over, widths[number] - NARROW))
            widths[number] -= cut
            over -= cut
        for number, width in widths.items():
            self.setColumnWidth(number, width)
        self.setColumnWidth(elastic, max(self.viewport().width() - sum(widths.values()), least))
        self._fitting = False

    def _content_width(self, number: int) -> int:
        """Return the room for a column's title and for the longest of its texts, about.

        Measured on rows from all over the table, and on the longest of those alone: asking for the
        size of a thousand cells, as Qt does, holds the window up for a quarter of a second.
        """
        model = self.records_model
        column = model.columns[number]
        rows = range(0, model.rowCount(), 1 + model.rowCount() // LOOKED_AT)
        longest = sorted(rows, key=lambda row: len(column.text(model.record(row))))[-MEASURED:]
        room = [self.sizeHintForIndex(model.index(row, number)).width() for row in longest]
        title = self.horizontalHeader().fontMetrics().horizontalAdvance(column.title) + 14
        return min(max(title, 44, *(width + 5 for width in room)), column.width)

    def records(self) -> list[T]:
        """Return all records, shown or not."""
        return list(self.records_model.records)

    def shown(self) -> list[T]:
        """Return the records that pass the search, in the order shown."""
        return self.records_model.shown()

    def current(self) -> T | None:
        """Return the selected record."""
        index = self.selectionModel().currentIndex()
        record: T | None = index.data(RECORD_ROLE) if index.isValid() else None
        return record

    def select(self, identity: Any) -> bool:
        """Select the record of that identity; say whether it is shown."""
        for row, record in enumerate(self.records_model.shown()):
            if self._identity(record) == identity:
                self._select_row(row)
                return True
        return False

    def select_first(self) -> None:
        """Select the first row where nothing is selected yet."""
        if self.current() is None and self.records_model.rowCount():
            self._select_row(0)

    def _select_row(self, row: int) -> None:
        index = self.records_model.index(row, 0)
        self.selectionModel().setCurrentIndex(
            index,
            QItemSelectionModel.SelectionFlag.ClearAndSelect
            | QItemSelectionModel.SelectionFlag.Rows,
        )
        self.scrollTo(index)

    def set_search(self, text: str) -> None:
        """Show the rows that contain every word of `text`."""
        self._rearrange(lambda: self.records_model.set_search(text))

    def set_condition(self, condition: Callable[[T], bool] | None) -> None:
        """Show only records that fulfil a condition, beside the search."""
        self._rearrange(lambda: self.records_model.set_condition(condition))

    def _sort_by(self, column: int, order: Qt.SortOrder) -> None:
        self._rearrange(lambda: self.records_model.sort(column, order))

    def _rearrange(self, change: Callable[[], None]) -> None:
        """Show other rows of the same records and keep the current one where it still is."""
        before = self.current()
        self.selectionModel().blockSignals(True)
        change()
        found = before is not None and self.select(self._identity(before))
        self.selectionModel().blockSignals(False)
        self.viewport().update()
        if before is not None and not found:
            self.current_changed.emit(None)

    def set_menu(self, actions: Sequence[QAction | None]) -> None:
        """Offer these actions on a right click; None is a line between groups."""
        self._menu_actions = list(actions)

    # ---- events ----------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the room there is."""
        super().resizeEvent(event)
        self.fit_columns()

    def showEvent(self, event: QShowEvent) -> None:
        """Use the room there is."""
        super().showEvent(event)
        self.fit_columns()

    def _section_resized(self, _section: int, _before: int, _now: int) -> None:
        if not self._fitting and self.isVisible():
            self._widths_chosen = True

    def keyPressEvent(self, event: Any) -> None:
        """Hand the Delete key to the page."""
        if event.matches(QKeySequence.StandardKey.Delete):
            self.delete_pressed.emit()
            return
        super().keyPressEvent(event)

    def _on_current(self, current: QModelIndex, _previous: QModelIndex) -> None:
        self.current_changed.emit(current.data(RECORD_ROLE) if current.isValid() else None)

    def _on_activated(self, index: QModelIndex) -> None:
        if index.isValid():
            self.activated_record.emit(index.data(RECORD_ROLE))

    def _show_menu(self, position: QPoint) -> None:
        if not self.indexAt(position).isValid() or not self._menu_actions:
            return
        menu = self.make_menu()
        menu.popup(self.viewport().mapToGlobal(position))

    def make_menu(self) -> QMenu:
        """Build the menu of the right button."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for action in self._menu_actions:
            if action is None:
                menu.addSeparator()
            else:
                menu.addAction(action)
        return menu
