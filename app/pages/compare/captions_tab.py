"""The table of captions with the details of the selected clip below it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.pages.compare.caption_delegate import CaptionDelegate, row_height
from app.pages.compare.details_panel import DetailsPanel
from app.pages.compare.results import ROW_ROLE, ResultRow, ResultsFilter, ResultsModel
from app.studio import Studio
from app.texts import count_text

CLIP_WIDTH = 150


class CaptionsTab(QWidget):
    """Signals `export_clicked()`: save the table; `open_clicked(path)`: open a clip in Caption."""

    export_clicked = Signal()
    open_clicked = Signal(str)

    def __init__(self, studio: Studio, model: ResultsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.model = model
        self.filter = ResultsFilter(self)
        self.filter.setSourceModel(model)
        self.scores: Mapping[str, Mapping[int, float]] = {}
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search clips and captions")
        self.search.setAccessibleName("Search clips and captions")
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(240)
        self.differing = QCheckBox("Differing captions only")
        self.count = QLabel()
        self.count.setProperty("role", "muted")
        self.export = QPushButton("Export table...")
        studio.theme.set_icon(self.export, "export")
        self.export.clicked.connect(self.export_clicked)
        self.table = self._make_table()
        self.details = DetailsPanel(studio)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.addWidget(self.table)
        self.splitter.addWidget(self.details)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setStretchFactor(0, 1)
        studio.remember_splitter(self.splitter, "compare/captions", [330, 210])
        top = QHBoxLayout()
        top.setContentsMargins(12, 8, 12, 8)
        top.setSpacing(12)
        for widget in (self.search, self.differing, self.count):
            top.addWidget(widget)
        top.addStretch(1)
        top.addWidget(self.export)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.splitter, 1)
        self.search.textChanged.connect(self._search_changed)
        self.differing.toggled.connect(self._differing_toggled)
        self.table.selectionModel().currentRowChanged.connect(self._current_changed)
        model.modelReset.connect(self._reset)
        model.dataChanged.connect(self._data_changed)
        studio.theme.changed.connect(self.table.viewport().update)
        self._reset()

    def current(self) -> ResultRow | None:
        """Return the selected row."""
        index = self.table.selectionModel().currentIndex()
        row: ResultRow | None = index.data(ROW_ROLE) if index.isValid() else None
        return row

    def shown(self) -> list[ResultRow]:
        """Return the rows as they are filtered and sorted."""
        rows = range(self.filter.rowCount())
        return [self.filter.index(row, 0).data(ROW_ROLE) for row in rows]

    def set_scores(self, scores: Mapping[str, Mapping[int, float]]) -> None:
        """Take CIDEr-D by clip key and system."""
        self.scores = scores
        self.refresh()

    def refresh(self) -> None:
        """Show counts and details anew."""
        total, shown = len(self.model.rows), self.filter.rowCount()
        differing = sum(row.differs for row in self.model.rows)
        done = self.model.captioned()
        words = f"{shown:,} of {count_text(total, 'clip')}" if shown != total else ""
        if not words:
            words = count_text(total, "clip")
        if done:
            words += f", {done:,} captioned, {differing:,} differ"
        self.count.setText(words if total else "")
        self.export.setEnabled(done > 0)
        self.export.setToolTip("" if done else "Caption some clips first.")
        row = self.current()
        scores = self.scores.get(row.clip.key, {}) if row else {}
        self.details.show_row(row, self.model.titles, scores)

    # ---- inside ----------------------------------------------------------------------------

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setAccessibleName("Captions")
        table.setModel(self.filter)
        table.setItemDelegate(CaptionDelegate(self._studio.theme, table))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setFrameShape(QFrame.Shape.NoFrame)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.setSortingEnabled(True)
        table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        table.horizontalHeader().setSortIndicatorClearable(True)
        table.horizontalHeader().setHighlightSections(False)
        table.horizontalHeader().setMinimumSectionSize(80)
        table.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(row_height(table.font()))
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._show_menu)
        return table

    def _reset(self) -> None:
        header = self.table.horizontalHeader()
        for column in range(1, self.model.columnCount()):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self.table.setColumnWidth(0, CLIP_WIDTH)
        if self.filter.rowCount():
            self.table.selectRow(0)
        self.refresh()

    def _data_changed(self) -> None:
        self.refresh()

    def _current_changed(self, _current: QModelIndex, _previous: QModelIndex) -> None:
        self.refresh()

    def _search_changed(self, text: str) -> None:
        self.filter.set_search(text)
        self.refresh()

    def _differing_toggled(self, only: bool) -> None:
        self.filter.set_differing(only)
        self.refresh()

    def _show_menu(self, position: QPoint) -> None:
        index = self.table.indexAt(position)
        if index.isValid():
            self.make_menu(index).popup(self.table.viewport().mapToGlobal(position))

    def make_menu(self, index: QModelIndex) -> QMenu:
        """Build the menu of the right button for a cell."""
        row: ResultRow = index.data(ROW_ROLE)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        text = str(index.data() or "")
        copy = menu.addAction("Copy caption" if index.column() else "Copy clip name")
        copy.setEnabled(bool(text))
        copy.triggered.connect(lambda: QApplication.clipboard().setText(text))
        copy_row = menu.addAction("Copy all captions of this clip")
        copy_row.triggered.connect(
            lambda: QApplication.clipboard().setText(
                "\n".join(caption.text for caption in row.captions if caption)
            )
        )
        copy_row.setEnabled(any(row.captions))
        if row.clip.path is not None:
            menu.addSeparator()
            path = str(row.clip.path)
            menu.addAction("Open in Caption").triggered.connect(
                lambda: self.open_clicked.emit(path)
            )
        return menu
