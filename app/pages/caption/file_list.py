"""The pane on the left: opened files with name, length and state, and what to do with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QColor, QFont, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QMenu,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.pages.caption.sound_files import ENTRY_ROLE, FileState, SoundFile, SoundFiles
from app.theme import Theme
from app.widgets.elided_label import ElidedLabel

ROW_HEIGHT = 44
ICONS = {
    FileState.OPENED: ("waveform", "muted"),
    FileState.WAITING: ("clock-outline", "muted"),
    FileState.CAPTIONING: ("progress-clock", "text"),
    FileState.DONE: ("check-circle-outline", "success"),
    FileState.FAILED: ("alert-circle-outline", "danger"),
}


class FileDelegate(QStyledItemDelegate):
    """Draws a file in two lines: its name, and its length with caption or state."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return the size of two lines; long names never widen the list."""
        return QSize(120, ROW_HEIGHT)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw the row."""
        entry: SoundFile = index.data(ENTRY_ROLE)
        colours = self._theme.colours
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, QColor(colours.selected))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, QColor(colours.hover))
        if state & QStyle.StateFlag.State_HasFocus:
            painter.fillRect(QRect(box.left(), box.top(), 2, box.height()), QColor(colours.accent))
        name, role = ICONS[entry.state]
        self._theme.icon(name, role).paint(painter, QRect(box.left() + 10, box.top() + 13, 18, 18))
        left, width = box.left() + 36, box.width() - 44
        lines = (
            (entry.path.name, 13, colours.text, Qt.TextElideMode.ElideMiddle),
            (
                entry.status(),
                11,
                colours.danger if entry.state is FileState.FAILED else colours.muted,
                Qt.TextElideMode.ElideRight,
            ),
        )
        for row, (text, pixels, colour, elide) in enumerate(lines):
            font = QFont(option.font)
            font.setPixelSize(pixels)
            painter.setFont(font)
            painter.setPen(QColor(colour))
            line = QRect(left, box.top() + 4 + row * 18, width, 18)
            shown = painter.fontMetrics().elidedText(text, elide, width)
            painter.drawText(
                line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown
            )
        painter.restore()


class FileList(QWidget):
    """The list with its buttons.

    Signals: `open_clicked()`, `paste_clicked()`, `recent_chosen(path)`, `export_clicked(suffix)`,
    `current_changed(path or None)`, `caption_clicked(paths)` and `removed(paths)`.
    """

    open_clicked = Signal()
    paste_clicked = Signal()
    recent_chosen = Signal(object)
    export_clicked = Signal(str)
    current_changed = Signal(object)
    selection_changed = Signal()
    remove_clicked = Signal(list)

    def __init__(self, theme: Theme, files: SoundFiles, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._files = files
        self.open = QPushButton("Open")
        self.open.setToolTip("Open sound files (Ctrl+O); or drop files and folders on the page")
        self.open.clicked.connect(self.open_clicked)
        theme.set_icon(self.open, "folder-open-outline")
        self.recent = QToolButton()
        self.recent.setToolTip("Recent files")
        self.recent.setAccessibleName("Recent files")
        self.recent.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        theme.set_icon(self.recent, "history", "muted")
        self.recent_menu = QMenu(self.recent)
        self.recent_menu.setToolTipsVisible(True)
        self.recent.setMenu(self.recent_menu)
        self.paste = QToolButton()
        self.paste.setToolTip("Open the copied file or path (Ctrl+V)")
        self.paste.setAccessibleName("Open the copied file or path")
        self.paste.clicked.connect(self.paste_clicked)
        theme.set_icon(self.paste, "content-paste", "muted")
        top = QHBoxLayout()
        top.setContentsMargins(8, 8, 8, 8)
        top.setSpacing(4)
        top.addWidget(self.open, 1)
        top.addWidget(self.recent)
        top.addWidget(self.paste)

        self.view = QListView()
        self.view.setModel(files)
        self.view.setItemDelegate(FileDelegate(theme, self.view))
        self.view.setUniformItemSizes(True)
        self.view.setMouseTracking(True)
        self.view.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setAccessibleName("Opened sounds")
        self.view.setAcceptDrops(False)
        self.view.viewport().setAcceptDrops(False)
        self.view.selectionModel().currentChanged.connect(self._on_current)
        self.view.selectionModel().selectionChanged.connect(self.selection_changed)
        self._delete = QAction("Remove from the list", self.view)
        self._delete.setShortcut(QKeySequence(Qt.Key.Key_Delete))
        self._delete.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._delete.triggered.connect(self._on_remove)
        self.view.addAction(self._delete)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

        self.count = ElidedLabel()
        self.count.setProperty("role", "hint")
        self.export = QToolButton()
        self.export.setAccessibleName("Export captions")
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        theme.set_icon(self.export, "export-variant", "muted")
        menu = QMenu(self.export)
        menu.addAction("Captions as CSV…", self._export_csv)
        menu.addAction("Captions as JSON, with words, beams and tags…", self._export_json)
        self.export.setMenu(menu)
        self.remove = QToolButton()
        self.remove.setToolTip("Take the selected files off the list (Delete)")
        self.remove.setAccessibleName("Remove from the list")
        self.remove.clicked.connect(self._on_remove)
        theme.set_icon(self.remove, "playlist-remove", "muted")
        self.clear = QToolButton()
        self.clear.setToolTip("Clear the list; the files stay where they are")
        self.clear.setAccessibleName("Clear the list")
        self.clear.clicked.connect(self._on_clear)
        theme.set_icon(self.clear, "close-circle-multiple-outline", "muted")
        bottom = QHBoxLayout()
        bottom.setContentsMargins(8, 4, 8, 4)
        bottom.setSpacing(2)
        bottom.addWidget(self.count, 1)
        for button in (self.export, self.remove, self.clear):
            bottom.addWidget(button)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.view, 1)
        layout.addLayout(bottom)
        for signal in (files.rowsInserted, files.rowsRemoved, files.dataChanged):
            signal.connect(self._refresh)
        self._refresh()

    # ---- selection -------------------------------------------------------------------------

    def current_path(self) -> Path | None:
        """Return the file that is shown."""
        entry = self.view.currentIndex().data(ENTRY_ROLE)
        return None if entry is None else entry.path

    def selected_paths(self) -> list[Path]:
        """Return the selected files in the order of the list."""
        rows = sorted(index.row() for index in self.view.selectionModel().selectedIndexes())
        return [self._files.entries[row].path for row in rows]

    def select(self, path: Path) -> None:
        """Select one file and scroll to it."""
        row = self._files.row_of(path)
        if row >= 0:
            index = self._files.index(row)
            flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.view.selectionModel().setCurrentIndex(index, flag)
            self.view.scrollTo(index)

    def set_recent(self, paths: Sequence[Path]) -> None:
        """Fill the menu of recent files."""
        self.recent_menu.clear()
        for path in paths:
            action = self.recent_menu.addAction(path.name.replace("&", "&&"))
            action.setToolTip(str(path))
            action.setData(path)
            action.triggered.connect(self._on_recent)
        self.recent.setEnabled(bool(paths))
        self.recent.setToolTip("Recent files" if paths else "No file has been opened yet")

    # ---- slots -----------------------------------------------------------------------------

    def _on_current(self, index: QModelIndex) -> None:
        entry = index.data(ENTRY_ROLE)
        self.current_changed.emit(None if entry is None else entry.path)

    def _on_recent(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.recent_chosen.emit(action.data())

    def _on_remove(self) -> None:
        self.remove_clicked.emit(self.selected_paths())

    def _on_clear(self) -> None:
        self.remove_clicked.emit([entry.path for entry in self._files.entries])

    def _export_csv(self) -> None:
        self.export_clicked.emit(".csv")

    def _export_json(self) -> None:
        self.export_clicked.emit(".json")

    def _refresh(self) -> None:
        entries = self._files.entries
        captioned = sum(bool(entry.outputs) for entry in entries)
        self.count.setText(f"{captioned} of {len(entries)} captioned" if entries else "")
        self.export.setEnabled(captioned > 0)
        self.export.setToolTip(
            "Export the captions of the listed files"
            if captioned
            else "Nothing to export: no listed file has a caption yet"
        )
        self.remove.setEnabled(bool(entries))
        self.clear.setEnabled(bool(entries))
