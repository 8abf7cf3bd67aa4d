"""What every tab of the Library has: search, buttons, a table, details, an empty state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QBrush, QColor
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.pages.library.details import DetailsPane
from app.studio import Studio
from app.widgets.banner import Banner
from app.widgets.empty_state import EmptyState
from app.widgets.record_table import RecordTable

T = TypeVar("T")


class ListTab(QWidget, Generic[T]):
    """A searchable table with details. Sub-classes fill it and say what can be done with a record.

    Signal `loaded()`: the table shows what the last `load` found.
    """

    loaded = Signal()

    def __init__(
        self,
        studio: Studio,
        name: str,
        table: RecordTable[T],
        empty: EmptyState,
        hint: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.studio = studio
        self.table = table
        self.empty = empty
        self.details = DetailsPane(hint)
        self.banner = Banner(studio.theme)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search")
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(90)
        self.search.setMaximumWidth(220)
        self.search.setAccessibleName(f"Search {name}")
        self.count = QLabel()
        self.count.setProperty("role", "muted")
        self.toolbar = QHBoxLayout()
        self.toolbar.setContentsMargins(12, 8, 12, 8)
        self.toolbar.setSpacing(8)
        self.toolbar.addWidget(self.search, 3)
        self.toolbar.addWidget(self.count)
        self.toolbar.addStretch(1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(table)
        self.splitter.addWidget(self.details)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 0)
        self.splitter.setChildrenCollapsible(False)
        studio.remember_splitter(self.splitter, f"library/{name}", [900, 290])
        self.stack = QStackedWidget()
        # Until the first look is over, nobody knows whether there is anything.
        reading = EmptyState(studio.theme, "magnify", "Reading", "")
        for widget in (reading, empty, self.splitter):
            self.stack.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        bar = QWidget()
        bar.setProperty("role", "toolbar")
        bar.setLayout(self.toolbar)
        layout.addWidget(bar)
        layout.addWidget(self.banner)
        layout.addWidget(self.stack, 1)
        self.search.textChanged.connect(self._search_changed)
        table.current_changed.connect(self._current_changed)
        studio.theme.changed.connect(self._theme_changed)
        self._loading = self._load_again = False
        self._awaited: object = None
        self._needs: list[tuple[QAction, Callable[[T], str]]] = []
        self._theme_changed()

    # ---- for sub-classes -------------------------------------------------------------------

    def count_words(self, number: int) -> str:
        """Say how many records there are."""
        return str(number)

    def show_details(self, record: T) -> None:
        """Fill the details pane."""

    def make_action(
        self,
        text: str,
        icon: str,
        slot: Callable[[], Any],
        refuse: Callable[[T], str] | None = None,
        role: str = "text",
    ) -> QAction:
        """Make an action on the current record; `refuse` says why it cannot be done, or ""."""
        action = QAction(text, self)
        self.studio.theme.set_icon(action, icon, role)
        action.triggered.connect(slot)
        self._needs.append((action, refuse or (lambda _record: "")))
        return action

    def add_button(self, action: QAction) -> QPushButton:
        """Put a button for an action at the end of the toolbar; it follows the action's state."""
        button = QPushButton(action.text())
        button.setIcon(action.icon())
        button.setToolTip(action.toolTip())
        button.clicked.connect(action.trigger)

        def follow() -> None:
            button.setEnabled(action.isEnabled())
            button.setToolTip(action.toolTip())
            button.setIcon(action.icon())

        action.changed.connect(follow)
        follow()
        self.toolbar.addWidget(button)
        return button

    def set_menu(self, actions: Sequence[QAction | None]) -> None:
        """Offer these actions on a right click and behind a button; None is a line."""
        self.table.set_menu(actions)
        self.more = QToolButton()
        self.more.setToolTip("More")
        self.more.setAccessibleName("More actions")
        self.studio.theme.set_icon(self.more, "dots-horizontal")
        self.more.clicked.connect(self._show_more)
        self.toolbar.addWidget(self.more)

    def _show_more(self) -> None:
        menu = self.table.make_menu()
        menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def add_plain_button(self, text: str, icon: str, slot: Callable[[], Any]) -> QPushButton:
        """Put a button at the end of the toolbar that needs no record."""
        button = QPushButton(text)
        self.studio.theme.set_icon(button, icon)
        button.clicked.connect(lambda: slot())
        self.toolbar.addWidget(button)
        return button

    def set_records(self, records: list[T]) -> None:
        """Show records, or the empty state where there are none."""
        self.stack.setCurrentWidget(self.splitter if records else self.empty)
        self.search.setEnabled(bool(records))
        self.table.set_records(records)
        if self._awaited is not None and self.table.select(self._awaited):
            self._awaited = None
        self.table.select_first()
        self._update_count()
        self._update_actions()

    def select_when_listed(self, identity: object) -> None:
        """Select a record that is new, as soon as the table has it."""
        self._awaited = identity

    def load(self, function: Callable[[], list[T]]) -> None:
        """Fill the table with what `function` returns from a worker thread.

        Asked again while it runs, it runs once more afterwards: what is shown is never older than
        the last request.
        """
        self._load = function
        if self._loading:
            self._load_again = True
            return
        self._loading = True
        self.studio.jobs.run_quick(function, self._loaded, self._not_loaded)

    def _loaded(self, records: list[T]) -> None:
        self._loading = False
        self.set_records(records)
        self.loaded.emit()
        self._load_once_more()

    def _not_loaded(self, sentence: str, details: str) -> None:
        self._loading = False
        self.failed(sentence, details)
        if not self.table.records():
            self.stack.setCurrentWidget(self.empty)
        self._load_once_more()

    def _load_once_more(self) -> None:
        if self._load_again:
            self._load_again = False
            self.load(self._load)

    def failed(self, sentence: str, details: str) -> None:
        """Show what went wrong."""
        self.banner.show_message(sentence, "danger", details)

    # ---- events ----------------------------------------------------------------------------

    def _search_changed(self, text: str) -> None:
        self.table.set_search(text)
        self._update_count()

    def _current_changed(self, record: T | None) -> None:
        if record is None:
            self.details.clear()
        else:
            self.show_details(record)
        self._update_actions()

    def _update_count(self) -> None:
        total, shown = len(self.table.records()), len(self.table.shown())
        words = self.count_words(total)
        self.count.setText(words if shown == total else f"{shown:,} of {words}")
        self.count.setVisible(total > 0)

    def _update_actions(self) -> None:
        record = self.table.current()
        for action, refuse in self._needs:
            reason = "Select a row first." if record is None else refuse(record)
            action.setEnabled(not reason)
            action.setToolTip(reason or action.text())

    def _theme_changed(self) -> None:
        self.table.records_model.fault_brush = QBrush(QColor(self.studio.theme.colours.danger))
        self.table.viewport().update()
