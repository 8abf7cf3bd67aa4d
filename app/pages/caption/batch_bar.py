"""The bars above and below the queue: what goes in and out, what is shown, how far it is."""

from __future__ import annotations

import time
from collections import deque

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QProgressBar,
    QPushButton,
    QToolButton,
    QWidget,
)

from app.pages.caption.batch_model import BatchModel
from app.theme import Theme
from app.widgets.elided_label import ElidedLabel
from app.widgets.segments import Segments
from core.batch import BATCH_EXPORTS, RowState

SHOWN: dict[str, tuple[str, tuple[RowState, ...]]] = {
    "all": ("All", tuple(RowState)),
    "open": ("To do", (RowState.WAITING, RowState.CAPTIONING, RowState.CANCELLED)),
    "done": ("Done", (RowState.DONE,)),
    "failed": ("Failed", (RowState.FAILED,)),
}
SHOWN_TIPS = {
    "all": "Show all files",
    "open": "Show the files without a caption: waiting, in hand or cancelled",
    "done": "Show the files that are captioned",
    "failed": "Show the files that could not be captioned",
}
# Narrower bars leave the verb off the buttons, so that the filter can be read.
NARROW = 1000
# The speed is taken over the files of the last seconds.
_SPAN = 30.0


class BatchBar(QWidget):
    """Signals: `files_clicked()`, `folder_clicked()`, `words_changed(text)`,
    `states_changed(states)`, `retry_clicked()`, `export_clicked(kind)`, `clear_clicked()`.
    """

    files_clicked = Signal()
    folder_clicked = Signal()
    words_changed = Signal(str)
    states_changed = Signal(object)
    retry_clicked = Signal()
    export_clicked = Signal(str)
    clear_clicked = Signal()

    def __init__(self, theme: Theme, model: BatchModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "toolbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._model = model
        self.files = QPushButton("Add files")
        self.files.setAccessibleName("Add files")
        self.files.setToolTip("Put sound files into the queue; or drop files and folders here")
        self.files.clicked.connect(self.files_clicked)
        theme.set_icon(self.files, "file-plus-outline")
        self.folder = QPushButton("Add folder")
        self.folder.setAccessibleName("Add folder")
        self.folder.setToolTip("Put all sound files of a folder into the queue")
        self.folder.clicked.connect(self.folder_clicked)
        theme.set_icon(self.folder, "folder-plus-outline")
        self.words = QLineEdit()
        self.words.setPlaceholderText("Filter by name or caption")
        self.words.setAccessibleName("Filter by name or caption")
        self.words.setClearButtonEnabled(True)
        self.words.setAcceptDrops(False)
        self.words.setMinimumWidth(112)
        self.words.textChanged.connect(self.words_changed)
        self.states = Segments(
            [(name, text, SHOWN_TIPS[name]) for name, (text, _) in SHOWN.items()]
        )
        self.states.changed.connect(self._on_states)
        self.retry = QPushButton("Retry failed")
        self.retry.clicked.connect(self.retry_clicked)
        theme.set_icon(self.retry, "refresh")
        self.export = QToolButton()
        self.export.setText("Export")
        self.export.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        theme.set_icon(self.export, "export-variant", "muted")
        menu = QMenu(self.export)
        for kind, form in BATCH_EXPORTS.items():
            action = menu.addAction(f"{form.title}…")
            action.setData(kind)
        menu.triggered.connect(lambda action: self.export_clicked.emit(action.data()))
        self.export.setMenu(menu)
        self.clear = QToolButton()
        self.clear.setAccessibleName("Clear the queue")
        self.clear.clicked.connect(self.clear_clicked)
        theme.set_icon(self.clear, "close-circle-multiple-outline", "muted")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        for item in (self.files, self.folder):
            layout.addWidget(item)
        layout.addWidget(self.words, 1)
        for part in (self.states, self.retry, self.export, self.clear):
            layout.addWidget(part)
        model.counted.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say how many rows there are of each kind, and what can be done with them."""
        count = self._model.count
        for name, (text, states) in SHOWN.items():
            self.states.buttons[name].setText(f"{text} {sum(map(count, states)):,}")
        failed, done = count(RowState.FAILED), count(RowState.DONE)
        self.retry.setEnabled(failed > 0)
        self.retry.setToolTip(
            "Let the failed files wait once more" if failed else "No file has failed"
        )
        self.export.setEnabled(done + failed > 0)
        self.export.setToolTip(
            "Write the results to a file" if done + failed else "Nothing has been captioned yet"
        )
        self.clear.setEnabled(self._model.rowCount() > 0)
        self.clear.setToolTip("Clear the queue and its captions; the sound files stay")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten the buttons where the bar is narrow."""
        super().resizeEvent(event)
        narrow = self.width() < NARROW
        self.files.setText("Files" if narrow else "Add files")
        self.folder.setText("Folder" if narrow else "Add folder")
        self.retry.setText("Retry" if narrow else "Retry failed")

    def _on_states(self, name: str) -> None:
        self.states_changed.emit(SHOWN[name][1])


class BatchProgress(QWidget):
    """How far the queue is, how fast, and how long it will take. Signals: `pause_clicked()`,
    `cancel_clicked()`.
    """

    pause_clicked = Signal()
    cancel_clicked = Signal()

    def __init__(self, theme: Theme, model: BatchModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._model = theme, model
        self._ends: deque[tuple[float, int]] = deque()
        self._running = False
        self.bar = QProgressBar()
        self.bar.setProperty("role", "thin")
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(220)
        self.text = ElidedLabel()
        self.text.setAccessibleName("Progress of the queue")
        self.pause = QPushButton("Pause")
        self.pause.clicked.connect(self.pause_clicked)
        self.cancel = QPushButton("Cancel all")
        self.cancel.setToolTip("Call off all files that wait; those in hand are still captioned")
        self.cancel.clicked.connect(self.cancel_clicked)
        theme.set_icon(self.cancel, "cancel")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 6, 8, 6)
        layout.setSpacing(12)
        layout.addWidget(self.bar)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.pause)
        layout.addWidget(self.cancel)
        model.counted.connect(self.refresh)
        self.set_state(False, False)

    def set_state(self, running: bool, paused: bool) -> None:
        """Say whether the queue runs, or stands still."""
        if running != self._running or paused:
            self._ends.clear()
        self._running = running
        self.pause.setEnabled(running)
        self.pause.setText("Continue" if paused else "Pause")
        self._theme.set_icon(self.pause, "play" if paused else "pause")
        self.pause.setToolTip(
            "Nothing is being captioned"
            if not running
            else "Go on"
            if paused
            else "Stand still after the files in hand"
        )
        self._paused = paused
        self.refresh()

    _paused = False

    def refresh(self) -> None:
        """Count again."""
        count = self._model.count
        total, done, failed = (
            self._model.rowCount(),
            count(RowState.DONE),
            count(RowState.FAILED),
        )
        waiting = count(RowState.WAITING) + count(RowState.CAPTIONING)
        self.bar.setMaximum(max(total, 1))
        self.bar.setValue(total - waiting)
        parts = [f"{done:,} of {total:,} captioned"]
        if failed:
            parts.append(f"{failed:,} failed")
        if cancelled := count(RowState.CANCELLED):
            parts.append(f"{cancelled:,} cancelled")
        if self._paused:
            parts.append("paused")
        elif self._running:
            parts += self._speed(done + failed, waiting)
        self.text.setText(" · ".join(parts))
        self.cancel.setEnabled(count(RowState.WAITING) > 0)

    def _speed(self, ended: int, waiting: int) -> list[str]:
        now = time.monotonic()
        self._ends.append((now, ended))
        while now - self._ends[0][0] > _SPAN:
            self._ends.popleft()
        seconds, files = now - self._ends[0][0], ended - self._ends[0][1]
        if seconds < 1.0 or files <= 0:
            return []
        left = round(waiting * seconds / files)
        speed = files / seconds
        return [
            f"{speed:.1f} files/s" if speed >= 1 else f"{60 * speed:.0f} files/min",
            f"about {left // 60}:{left % 60:02} left",
        ]
