"""A menu to tick several things in."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QMenu


class StayingMenu(QMenu):
    """Stays open while its entries are ticked, by mouse or space bar; Return and Escape close."""

    _pressed: QAction | None = None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember which entry is meant."""
        self._pressed = self.actionAt(event.position().toPoint())
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Tick the entry that was pressed.

        The click that opens a menu may be released over it, and means none of its entries.
        """
        action = self.actionAt(event.position().toPoint())
        pressed, self._pressed = self._pressed, None
        if action is not None and action.isCheckable() and action.isEnabled():
            if action is pressed:
                action.trigger()
        else:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Tick the entry that the keyboard is on."""
        action = self.activeAction()
        if event.key() == Qt.Key.Key_Space and action is not None and action.isCheckable():
            action.trigger()
        else:
            super().keyPressEvent(event)
