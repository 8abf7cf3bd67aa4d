"""The table of the queue: its columns as the user wants them, and what can be done with rows."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QModelIndex, QPoint, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from app.pages.caption.batch_model import CAPTION, COLUMNS, FILE, ROW_ROLE, BatchFilter
from app.widgets.sort_header import SortHeader
from app.widgets.staying_menu import StayingMenu

WIDTHS = (260, 80, 120, 0, 110, 80)
STATE_KEY = "caption/batch_columns"


class BatchTable(QTableView):
    """Signals: `open_clicked(paths)`, `again_clicked(paths)`, `cancel_clicked(paths)` and
    `remove_clicked(paths)`, each with the files of the selected rows.
    """

    open_clicked = Signal(list)
    again_clicked = Signal(list)
    cancel_clicked = Signal(list)
    remove_clicked = Signal(list)

    def __init__(
        self, rows: BatchFilter, settings: QSettings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self.setModel(rows)
        self.setHorizontalHeader(SortHeader(self))
        self.setSortingEnabled(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName("Queue")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(28)
        self._make_header()
        self.activated.connect(self._on_activated)
        self.customContextMenuRequested.connect(self._on_menu)
        QShortcut(
            QKeySequence(Qt.Key.Key_Delete),
            self,
            lambda: self.remove_clicked.emit(self.selected()),
            context=Qt.ShortcutContext.WidgetShortcut,
        )

    def selected(self) -> list[Path]:
        """Return the selected files in the order they are shown."""
        rows = self.selectionModel().selectedRows(FILE)
        return [index.data(ROW_ROLE).path for index in sorted(rows, key=QModelIndex.row)]

    # ---- columns ---------------------------------------------------------------------------

    def _make_header(self) -> None:
        header = self.horizontalHeader()
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setSortIndicatorClearable(True)
        header.setSectionsMovable(True)
        header.setMinimumSectionSize(44)
        for column, width in enumerate(WIDTHS):
            if width:
                header.resizeSection(column, width)
        header.setSectionResizeMode(CAPTION, QHeaderView.ResizeMode.Stretch)
        saved = self._settings.value(STATE_KEY)
        if saved is not None:
            header.restoreState(saved)
            # A queue begins in the order in which its files came.
            header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._on_header_menu)
        header.setToolTip("Click to sort, drag to move, right-click to choose columns")
        self._saving = QTimer(self)
        self._saving.setSingleShot(True)
        self._saving.setInterval(300)
        self._saving.timeout.connect(self.save_columns)
        for signal in (header.sectionMoved, header.sectionResized):
            signal.connect(self._save_soon)

    def show_column(self, column: int, shown: bool) -> None:
        """Show or hide a column."""
        self.setColumnHidden(column, not shown)
        self.save_columns()

    def save_columns(self) -> None:
        """Remember order, widths and which columns are shown."""
        self._saving.stop()
        self._settings.setValue(STATE_KEY, self.horizontalHeader().saveState())

    def _save_soon(self) -> None:
        if self.isVisible():
            self._saving.start()

    def _on_header_menu(self, place: QPoint) -> None:
        menu = StayingMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for column, title in enumerate(COLUMNS):
            if column == FILE:
                continue  # a row without its file says nothing
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(column))
            action.toggled.connect(lambda on, column=column: self.show_column(column, on))
        menu.popup(self.horizontalHeader().viewport().mapToGlobal(place))

    # ---- rows ------------------------------------------------------------------------------

    def _on_activated(self, index: QModelIndex) -> None:
        self.open_clicked.emit([index.siblingAtColumn(FILE).data(ROW_ROLE).path])

    def _on_menu(self, place: QPoint) -> None:
        paths = self.selected()
        if not paths:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Open in Files", lambda: self.open_clicked.emit(paths))
        menu.addAction("Caption again", lambda: self.again_clicked.emit(paths))
        menu.addAction("Cancel", lambda: self.cancel_clicked.emit(paths))
        menu.addAction("Remove from the queue", lambda: self.remove_clicked.emit(paths))
        menu.popup(self.viewport().mapToGlobal(place))
