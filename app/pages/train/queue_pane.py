"""The queue: what trains, what waits, in which order; moving and removing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.pages.train.sessions import Sessions
from app.pages.train.summary import describe
from app.studio import Studio
from app.texts import count_text
from core.errors import StudioError
from core.runs.queue import QueuedRun

_ID = Qt.ItemDataRole.UserRole
LEAST_FOR_GROUPS = 300
WORDS = {
    "queued": "waits",
    "running": "trains",
    "done": "done",
    "failed": "failed",
    "cancelled": "stopped",
}


class QueuePane(QWidget):
    """Shows the queue of `Sessions`; `counted` tells how many runs wait."""

    counted = Signal(int)

    def __init__(self, studio: Studio, sessions: Sessions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._sessions = studio, sessions
        self._entries: tuple[QueuedRun, ...] = ()
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.note = QLabel()
        self.note.setProperty("role", "hint")
        self.note.setWordWrap(True)
        self.go = QPushButton("Start the queue")
        self.go.setToolTip("Train what waits, one run after the other (Ctrl+Shift+Return)")
        studio.theme.set_icon(self.go, "play", "text")
        self.go.clicked.connect(sessions.release)
        self.up = self._button("arrow-up", "Move up (Alt+Up)", "Alt+Up", lambda: self._move(-1))
        self.down = self._button("arrow-down", "Move down (Alt+Down)", "Alt+Down", self._move_down)
        self.again = self._button("restart", "Let it wait again (Ctrl+R)", "Ctrl+R", self._requeue)
        self.drop = self._button("close", "Take off the queue (Delete)", "Delete", self._remove)
        self.clear = self._button(
            "broom", "Clear what has ended (Ctrl+Shift+Delete)", "Ctrl+Shift+Delete", self._clear
        )
        self.tree = QTreeWidget()
        self.tree.setAccessibleName("Queue")
        self.tree.setHeaderLabels(["Run", "State", "Group"])
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.tree.currentItemChanged.connect(self._enable)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.resizeSection(1, 64)
        header.resizeSection(2, 96)
        self.tools = QWidget()
        tools = QHBoxLayout(self.tools)
        tools.setContentsMargins(0, 0, 0, 0)
        tools.setSpacing(4)
        for button in (self.up, self.down, self.again, self.drop, self.clear):
            tools.addWidget(button)
        line = QHBoxLayout()
        line.setContentsMargins(12, 6, 8, 4)
        line.setSpacing(4)
        line.addWidget(self.note, 1)
        line.addWidget(self.tools)
        # On a line of its own: beside the tools it would leave the sentence a word a line.
        self.begin = QWidget()
        begin = QHBoxLayout(self.begin)
        begin.setContentsMargins(12, 2, 8, 6)
        begin.addWidget(self.go)
        begin.addStretch()
        self.elsewhere = QLabel("Another process works through the queue.")
        self.elsewhere.setProperty("role", "hint")
        self.elsewhere.setWordWrap(True)
        self.elsewhere.setContentsMargins(12, 0, 8, 6)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(line)
        layout.addWidget(self.begin)
        layout.addWidget(self.elsewhere)
        layout.addWidget(self.tree, 1)
        sessions.queue_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Read the queue and show it."""
        self._show(self._sessions.entries())

    def look(self) -> None:
        """Read the queue in a worker thread: other processes may have changed it."""
        self._studio.jobs.run_quick(self._sessions.queue.entries, self._show, self._failed, self)

    def showEvent(self, event: QShowEvent) -> None:
        """Begin with what is due."""
        super().showEvent(event)
        # Rows that were made before the style was known would stay too low.
        self.tree.doItemsLayout()
        if not self.current():
            self._see_what_is_due()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the titles the room of what can be missed."""
        super().resizeEvent(event)
        self.tree.setColumnHidden(2, event.size().width() < LEAST_FOR_GROUPS)

    def current(self) -> str:
        """Return the identifier of the selected entry, "" for none."""
        item = self.tree.currentItem()
        return str(item.data(0, _ID)) if item is not None else ""

    def select(self, identifier: str) -> None:
        """Select an entry."""
        for row in range(self.tree.topLevelItemCount()):
            item = self.tree.topLevelItem(row)
            if item is not None and item.data(0, _ID) == identifier:
                self.tree.setCurrentItem(item)

    def _show(self, entries: tuple[QueuedRun, ...]) -> None:
        waiting = sum(entry.state == "queued" for entry in entries)
        waits = count_text(waiting, "run waits", "runs wait")
        trains = any(entry.state == "running" for entry in entries)
        self.begin.setVisible(waiting > 0 and not trains)
        self.tools.setVisible(bool(entries))
        self.elsewhere.setVisible(trains and not len(self._sessions))
        if waiting:
            self.note.setText(f"{waits}.")
        elif entries:
            self.note.setText("Nothing waits.")
        else:
            self.note.setText("Runs that are started while another trains wait here.")
        if entries != self._entries or self.tree.topLevelItemCount() != len(entries):
            self._entries = entries
            self._fill()
        self._enable()
        self.counted.emit(waiting)

    def _fill(self) -> None:
        chosen = self.current()
        colours = self._studio.theme.colours
        self.tree.clear()
        titles = {entry.id: entry.title for entry in self._entries}
        for entry in self._entries:
            group, run = _names(entry)
            item = QTreeWidgetItem([run, WORDS[entry.state], group])
            item.setData(0, _ID, entry.id)
            after = titles.get(entry.after, "")
            tips = [entry.title if run != entry.title else "", entry.problem]
            tips.append(f"After {after}." if after else "")
            tips.append(describe(entry.config) if entry.config else "")
            tip = "\n".join(text for text in tips if text)
            for column in range(3):
                item.setToolTip(column, tip or item.text(column))
            if entry.state == "failed":
                item.setForeground(1, QColor(colours.danger))
            elif entry.state == "running":
                item.setForeground(1, QColor(colours.accent))
            elif entry.state != "queued":
                item.setForeground(0, QColor(colours.muted))
                item.setForeground(1, QColor(colours.muted))
            self.tree.addTopLevelItem(item)
        self.select(chosen)
        if not self.current():
            self._see_what_is_due()

    def _see_what_is_due(self) -> None:
        """Scroll past the runs that are over to the first that trains or waits."""
        due = [entry.state in ("running", "queued") for entry in self._entries]
        item = self.tree.topLevelItem(due.index(True)) if any(due) else None
        if item is not None:
            self.tree.scrollToItem(item, QTreeWidget.ScrollHint.PositionAtTop)

    def _enable(self, *_: Any) -> None:
        entry = self._entry()
        waits = entry is not None and entry.state == "queued"
        ended = entry is not None and entry.state in ("done", "failed", "cancelled")
        self.up.setEnabled(waits)
        self.down.setEnabled(waits)
        self.again.setEnabled(entry is not None and entry.state in ("failed", "cancelled"))
        self.drop.setEnabled(waits or ended)
        self.clear.setEnabled(any(WORDS[item.state] in _ENDED for item in self._entries))

    def _entry(self) -> QueuedRun | None:
        chosen = self.current()
        return next((entry for entry in self._entries if entry.id == chosen), None)

    def _move_down(self) -> None:
        self._move(1)

    def _move(self, by: int) -> None:
        entry = self._entry()
        if entry is not None:
            place = [item.id for item in self._entries].index(entry.id)
            self._change(lambda: self._sessions.queue.move(entry.id, place + by))

    def _remove(self) -> None:
        entry = self._entry()
        if entry is not None:
            self._change(lambda: self._sessions.queue.remove(entry.id))

    def _requeue(self) -> None:
        entry = self._entry()
        if entry is not None:
            self._change(lambda: self._sessions.queue.requeue(entry.id))
            self._sessions.begin_next()

    def _clear(self) -> None:
        self._change(self._sessions.queue.clear_ended)

    def _change(self, change: Callable[[], object]) -> None:
        try:
            change()
        except StudioError as error:
            self._studio.message.emit(str(error))
        self._sessions.queue_changed.emit()

    def _failed(self, sentence: str, _details: str) -> None:
        self._studio.message.emit(sentence)

    def _button(self, icon: str, tip: str, keys: str, act: Callable[[], object]) -> QToolButton:
        button = QToolButton()
        button.setIconSize(QSize(16, 16))
        button.setToolTip(tip)
        button.setAccessibleName(tip.split(" (")[0])
        self._studio.theme.set_icon(button, icon, "text")
        button.clicked.connect(act)
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(button.click)
        return button


_ENDED = ("done", "failed", "stopped")


def _names(entry: QueuedRun) -> tuple[str, str]:
    """Return the group and the run as columns of their own tell them: "Losses", "CE, seed 1"."""
    group, colon, run = entry.title.partition(": ")
    # Runs of an experiment bear its title in theirs, which would take the room of what differs.
    return (group, run) if entry.group and colon else (entry.group, entry.title)
