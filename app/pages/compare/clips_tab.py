"""The table of clips with the details of the selected one below it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMenu,
    QPushButton,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.pages.compare.caption_delegate import CaptionDelegate, row_height
from app.pages.compare.clip_columns import ClipColumns
from app.pages.compare.clip_filter import FilterButton
from app.pages.compare.details_panel import DetailsPanel
from app.pages.compare.results import ROW_ROLE, ResultsModel
from app.pages.compare.rows import LETTERS, ResultRow
from app.pages.compare.sort_and_filter import Order
from app.studio import Studio
from app.texts import count_text
from app.widgets.elided_label import ElidedLabel
from app.widgets.sort_header import SortHeader
from core.evaluation.registry import METRICS, main_metric

SEARCH_MS = 150


class ClipsTab(QWidget):
    """Signals `export_clicked()`: save the table; `open_clicked(path)`: open a clip in Caption."""

    export_clicked = Signal()
    open_clicked = Signal(str)

    def __init__(self, studio: Studio, model: ResultsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.model = model
        self._metric_chosen = False
        self._columns = 0
        self._key = ""
        self._reading = True
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search clips and captions")
        self.search.setAccessibleName("Search clips and captions")
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(200)
        self.filter = FilterButton(studio)
        self.bars = QComboBox()
        self.bars.setAccessibleName("Metric shown as bars")
        self.bars.setToolTip("The figure of each clip that is drawn as bars")
        self.order = QComboBox()
        self.order.setAccessibleName("Order of the clips")
        self.order.setToolTip("Order of the clips; a click on a column sorts as well")
        self.order.setMinimumContentsLength(16)
        self.count = ElidedLabel()
        self.count.setProperty("role", "muted")
        self.export = QPushButton("Export...")
        studio.theme.set_icon(self.export, "export")
        self.export.clicked.connect(self.export_clicked)
        self.table = self._make_table()
        self.columns = ClipColumns(self.table)
        self.details = DetailsPanel(studio)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.addWidget(self.table)
        self.splitter.addWidget(self.details)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setStretchFactor(0, 1)
        studio.remember_splitter(self.splitter, "compare/clips", [270, 230])
        top = QHBoxLayout()
        top.setContentsMargins(12, 8, 12, 8)
        top.setSpacing(8)
        for widget in (self.search, self.filter, self.bars, self.order):
            top.addWidget(widget)
        top.addWidget(self.count, 1)
        top.addWidget(self.export)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.splitter, 1)
        # A word that is being typed does not sort thousands of clips at each letter.
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(SEARCH_MS)
        self._typing.timeout.connect(self._filter)
        self.search.textChanged.connect(lambda _text: self._typing.start())
        self.search.returnPressed.connect(self._filter)
        self.filter.changed.connect(self._filter)
        self.bars.activated.connect(lambda _index: self._choose_metric())
        self.order.activated.connect(lambda _index: self._choose_order())
        self.table.selectionModel().currentRowChanged.connect(self._current_changed)
        model.modelReset.connect(self._reset)
        model.dataChanged.connect(lambda *_: self.refresh())
        studio.theme.changed.connect(self.table.viewport().update)
        self._reset()

    def current(self) -> ResultRow | None:
        """Return the selected row."""
        index = self.table.selectionModel().currentIndex()
        row: ResultRow | None = index.data(ROW_ROLE) if index.isValid() else None
        return row

    def shown(self) -> list[ResultRow]:
        """Return the rows as they are filtered and sorted."""
        return [self.model.row_at(place) for place in range(self.model.rowCount())]

    def set_reading(self, reading: bool) -> None:
        """Say whether the clips of the source are still being looked for."""
        self._reading = reading
        self.refresh()

    def scores_changed(self) -> None:
        """Offer the metrics that clips have now, the main one first unless one was chosen."""
        names = self.model.metrics()
        chosen = self.model.metric if self._metric_chosen else main_metric(names)
        self.bars.clear()
        self.bars.addItem("Log-probability", "")
        for name in names:
            self.bars.addItem(METRICS[name].title, name)
        self.bars.setCurrentIndex(max(0, self.bars.findData(chosen)))
        self.bars.setEnabled(bool(names))
        if self.bars.currentData() != self.model.metric:
            self.model.set_metric(str(self.bars.currentData() or ""))

    def refresh(self) -> None:
        """Show counts and details anew."""
        total, shown = len(self.model.rows), self.model.rowCount()
        differing = sum(row.differs for row in self.model.rows)
        done = self.model.captioned()
        words = f"{shown:,} of {count_text(total, 'clip')}" if shown != total else ""
        if not words:
            words = count_text(total, "clip")
        any_done = any(one for row in self.model.rows for one in row.captions)
        if any_done:
            words += f", {done:,} captioned by all, {differing:,} differ"
        self.count.setText(words if total else "Reading..." if self._reading else "")
        self.export.setEnabled(any_done)
        self.export.setToolTip(
            "Save what is shown as a CSV file" if any_done else "Caption some clips first."
        )
        self.details.sound.set_reason(self._why_none())
        self.details.show_row(self.current(), self.model)

    # ---- inside ----------------------------------------------------------------------------

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setAccessibleName("Clips")
        table.setModel(self.model)
        table.setItemDelegate(CaptionDelegate(self._studio.theme, table))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setFrameShape(QFrame.Shape.NoFrame)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        header = SortHeader(table)
        table.setHorizontalHeader(header)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setSortIndicatorClearable(True)
        header.sortIndicatorChanged.connect(self._header_sorted)
        header.setMinimumSectionSize(60)
        header.setTextElideMode(Qt.TextElideMode.ElideRight)
        table.verticalHeader().hide()
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setDefaultSectionSize(row_height(table.font()))
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._show_menu)
        return table

    def _why_none(self) -> str:
        """Say why no clip is shown below the table, where none is."""
        if self.model.rowCount():
            return "Select a row."
        if self.model.rows:
            return "No clip matches the search."
        return "The clips are being read." if self._reading else "There are no clips yet."

    def _reset(self) -> None:
        columns = self.model.columnCount()
        if columns != self._columns:
            self._columns = columns
            self.columns.lay_out(len(self.model.systems), self.model.has_gain)
        self._offer()
        place = self.model.place_of(self._key) if self._key else None
        if self.model.rowCount():
            self.table.selectRow(place or 0)
        self.refresh()

    def _offer(self) -> None:
        model = self.model
        tags = sorted({tag for row in model.rows for tag in row.clip.tags})
        self.filter.offer(tags, len(model.systems), model.metric, model.gain_system)
        entries: list[tuple[str, Order | int]] = [
            ("Order of the source", Order()),
            ("Most disagreement first", Order("disagreement", True)),
        ]
        if model.metric:
            for number in range(1, len(model.systems)):
                entries.append((f"Gain of {LETTERS[number]} over A, most first", number))
                entries.append((f"Gain of {LETTERS[number]} over A, least first", -number))
        chosen = self.order.currentText()
        self.order.clear()
        for text, value in entries:
            self.order.addItem(text, value)
        self.order.setCurrentIndex(max(0, self.order.findText(chosen)))

    def _current_changed(self, _current: QModelIndex, _previous: QModelIndex) -> None:
        row = self.current()
        if row is not None:
            self._key = row.clip.key
            self.details.show_row(row, self.model)

    def _filter(self) -> None:
        self._typing.stop()
        self.model.filter = self.filter.value(self.search.text().casefold().split())
        self.model.rearrange()

    def _choose_metric(self) -> None:
        self._metric_chosen = True
        self.model.set_metric(str(self.bars.currentData() or ""))

    def _choose_order(self) -> None:
        chosen = self.order.currentData()
        header = self.table.horizontalHeader()
        blocked = header.blockSignals(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.blockSignals(blocked)
        if isinstance(chosen, int):
            self.model.gain_system = abs(chosen)
            self.model.order = Order("gain", chosen > 0)
        else:
            self.model.order = chosen or Order()
        self.model.rearrange()
        self.table.scrollToTop()
        if self.model.rowCount():
            self.table.selectRow(0)

    def _header_sorted(self, column: int, order: Qt.SortOrder) -> None:
        self.order.setCurrentIndex(0)
        self.model.sort(column, order)
        self.table.scrollToTop()

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
