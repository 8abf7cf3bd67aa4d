"""The list of runs, those of an experiment together: colour, visibility, title, standing."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.pages.train.run_items import SORT, GroupItem, RunItem, RunRow
from app.pages.train.swatch import swatch
from app.studio import Studio
from app.texts import count_text
from app.widgets.sort_header import SortHeader

_KEY = Qt.ItemDataRole.UserRole
_STATES = {"elsewhere": "running", "paused elsewhere": "paused", "stopping": "saving"}
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
COLUMNS = ("Run", "Loss", "State", "Epoch", "Best", "Started")
FIGURES = (COLUMNS.index("Epoch"), COLUMNS.index("Best"))
# A narrower list leaves these out, so that the titles can be read; lines and tooltips tell them.
LEAST_WIDTHS = (("Loss", 680), ("Started", 600), ("Epoch", 480), ("Best", 400))


class RunList(QWidget):
    """`selected` carries a key, `visibility_changed` nothing, `menu_wanted` a key and a place."""

    selected = Signal(str)
    visibility_changed = Signal()
    menu_wanted = Signal(str, QPoint)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._items: dict[str, RunItem] = {}
        self._rows: dict[str, RunRow] = {}
        self._groups: dict[str, GroupItem] = {}
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter runs")
        self.filter.setClearButtonEnabled(True)
        self.filter.setAccessibleName("Filter runs")
        self.filter.textChanged.connect(self._apply_filter)
        self.nothing = QLabel()
        self.nothing.setProperty("role", "muted")
        self.nothing.setWordWrap(True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.hide()
        self.tree = QTreeWidget()
        self.tree.setHeader(SortHeader(self.tree))
        self.tree.setHeaderLabels(list(COLUMNS))
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(14)
        self.tree.setAccessibleName("Runs")
        self.tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.tree.setUniformRowHeights(True)
        self.tree.setAllColumnsShowFocus(True)
        self.tree.setIconSize(QSize(22, 14))
        self.tree.setSortingEnabled(True)
        self.tree.sortByColumn(COLUMNS.index("Started"), Qt.SortOrder.DescendingOrder)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.customContextMenuRequested.connect(self._menu)
        self.tree.currentItemChanged.connect(self._current_changed)
        self.tree.itemChanged.connect(self._item_changed)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(40)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in enumerate((0, 64, 104, 64, 58, 74)):
            if column:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
                header.resizeSection(column, width)
        for column in FIGURES:
            self.tree.headerItem().setTextAlignment(column, _RIGHT)
        QVBoxLayout(self.tree.viewport()).addWidget(self.nothing)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.tree, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the titles room by leaving out columns that can be missed."""
        super().resizeEvent(event)
        for name, least in LEAST_WIDTHS:
            self.tree.setColumnHidden(COLUMNS.index(name), event.size().width() < least)

    def show_rows(self, rows: list[RunRow], visible: set[str]) -> None:
        """Show these runs, changing only what is different."""
        wanted = {row.key: row for row in rows}
        if wanted == self._rows and visible & wanted.keys() == self.visible():
            return
        blocked = self.tree.blockSignals(True)
        self.tree.setSortingEnabled(False)
        for key in self._items.keys() - wanted.keys():
            self._take_out(self._items.pop(key))
        for key, row in wanted.items():
            item = self._items.get(key) or self._new_item(key, row.group)
            if self._rows.get(key) != row:
                self._fill(item, row)
            state = Qt.CheckState.Checked if key in visible else Qt.CheckState.Unchecked
            if item.checkState(0) != state:
                item.setCheckState(0, state)
        self._rows = wanted
        self._fill_groups()
        self.tree.setSortingEnabled(True)
        self.tree.blockSignals(blocked)
        self._apply_filter(self.filter.text())

    def visible(self) -> set[str]:
        """Return the keys of the ticked runs."""
        return {
            key for key, item in self._items.items() if item.checkState(0) == Qt.CheckState.Checked
        }

    def set_visible(self, keys: set[str]) -> None:
        """Tick these runs and no others."""
        blocked = self.tree.blockSignals(True)
        for key, item in self._items.items():
            state = Qt.CheckState.Checked if key in keys else Qt.CheckState.Unchecked
            item.setCheckState(0, state)
        self.tree.blockSignals(blocked)
        self.visibility_changed.emit()

    def current(self) -> str:
        """Return the key of the selected run, "" for none."""
        item = self.tree.currentItem()
        return str(item.data(0, _KEY) or "") if item is not None else ""

    def select(self, key: str) -> None:
        """Select a run and scroll to it."""
        item = self._items.get(key)
        if item is not None and item is not self.tree.currentItem():
            self.tree.setCurrentItem(item)
            self.tree.scrollToItem(item)

    def recolour(self) -> None:
        """Draw the swatches anew after a change of theme."""
        blocked = self.tree.blockSignals(True)
        for key, item in self._items.items():
            self._fill(item, self._rows[key])
        self.tree.blockSignals(blocked)

    def _take_out(self, item: RunItem) -> None:
        parent = item.parent()
        if parent is not None:
            parent.removeChild(item)
        else:
            self.tree.takeTopLevelItem(self.tree.indexOfTopLevelItem(item))

    def _group(self, name: str) -> GroupItem:
        """Return the row of an experiment, which ticks all of its runs."""
        if name not in self._groups:
            item = GroupItem(self.visibility_changed.emit)
            self._groups[name] = item
            self.tree.addTopLevelItem(item)
            item.setExpanded(True)
        return self._groups[name]

    def _fill_groups(self) -> None:
        """Sum up the runs of each experiment, and drop those that have none left."""
        for name, item in list(self._groups.items()):
            rows = [row for row in self._rows.values() if row.group == name]
            if not rows:
                del self._groups[name]
                self.tree.takeTopLevelItem(self.tree.indexOfTopLevelItem(item))
                continue
            title = next((row.group_title for row in rows if row.group_title), name)
            item.setText(0, title)
            item.setToolTip(0, f"Experiment {title}")
            done = sum(row.state == "finished" for row in rows)
            item.setText(2, f"{done} done" if done == len(rows) else f"{done} of {len(rows)}")
            item.setToolTip(2, f"{done} of {count_text(len(rows), 'run')} finished")
            latest = max(row.started for row in rows)
            item.setText(5, _when(datetime.fromtimestamp(latest)) if latest else "")
            item.setData(5, SORT, latest)
            item.setData(4, SORT, 1e9)
            item.setData(3, SORT, 0.0)
            item.setForeground(5, QColor(self._studio.theme.colours.muted))
        self.tree.setRootIsDecorated(bool(self._groups))

    def _new_item(self, key: str, group: str) -> RunItem:
        item = RunItem()
        item.setData(0, _KEY, key)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(0, Qt.CheckState.Unchecked)
        if group:
            self._group(group).addChild(item)
        else:
            self.tree.addTopLevelItem(item)
        self._items[key] = item
        return item

    def _fill(self, item: RunItem, row: RunRow) -> None:
        colours = self._studio.theme.colours
        item.setIcon(0, swatch(row.colour, row.contrast, self.devicePixelRatioF()))
        started = datetime.fromtimestamp(row.started) if row.started else None
        best = f"{row.best:.3f}" if row.best is not None else ""
        texts = (
            row.title,
            "CE+CL" if row.contrast else "CE",
            _STATES.get(row.state, row.state),
            f"{row.epoch} / {row.epochs}" if row.epochs else "",
            best,
            _when(started) if started else "",
        )
        keys = (None, None, None, row.epoch, row.best if row.best is not None else 1e9, row.started)
        for column, (text, key) in enumerate(zip(texts, keys, strict=True)):
            item.setText(column, text)
            if key is not None:
                item.setData(column, SORT, float(key))
        tone = {
            "running": colours.accent,
            "elsewhere": colours.accent,
            "failed": colours.danger,
            "unreadable": colours.danger,
        }
        item.setForeground(2, QColor(tone.get(row.state, colours.text)))
        for column in (1, 3, 4, 5):
            item.setForeground(column, QColor(colours.muted if column in (1, 5) else colours.text))
        for column in FIGURES:
            item.setTextAlignment(column, _RIGHT)
        monitor = {"loss": "lowest validation cross-entropy", "cider_d": "highest CIDEr-D"}
        item.setToolTip(0, f"{row.title}\n{row.key}")
        item.setToolTip(2, row.problem)
        item.setToolTip(4, monitor.get(row.monitor, row.monitor))
        item.setToolTip(5, f"{started:%Y-%m-%d %H:%M:%S}" if started else "")

    def _apply_filter(self, text: str) -> None:
        words = text.lower().split()
        for key, item in self._items.items():
            row = self._rows.get(key)
            haystack = (
                f"{row.title} {row.state} {row.group} {row.group_title}".lower() if row else ""
            )
            item.setHidden(not all(word in haystack for word in words))
        hidden = [item.isHidden() for item in self._items.values()]
        self.nothing.setText(f'No run matches "{text.strip()}".')
        self.nothing.setVisible(bool(hidden) and all(hidden))
        for group in self._groups.values():
            inside = [item for item in self._items.values() if item.parent() is group]
            group.setHidden(all(item.isHidden() for item in inside))

    def _menu(self, place: QPoint) -> None:
        item = self.tree.itemAt(place)
        if item is not None and item.data(0, _KEY):
            self.menu_wanted.emit(item.data(0, _KEY), self.tree.viewport().mapToGlobal(place))

    def _current_changed(self, item: QTreeWidgetItem | None, _old: object) -> None:
        if item is not None and item.data(0, _KEY):
            self.selected.emit(str(item.data(0, _KEY)))

    def _item_changed(self, item: QTreeWidgetItem, column: int) -> None:
        if column == 0 and item.data(0, _KEY):
            self.visibility_changed.emit()


def _when(moment: datetime) -> str:
    """Write a time of today as a clock does, any other as a day."""
    same_day = moment.date() == datetime.now().date()
    return f"{moment:%H:%M}" if same_day else f"{moment.day} {moment:%b}"
