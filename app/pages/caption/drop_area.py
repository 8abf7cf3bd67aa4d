"""A pane that takes files dropped anywhere on it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QWidget

from app.theme import Theme


class DropArea(QWidget):
    """Signal: `dropped(paths)` with the local files and folders, as text."""

    dropped = Signal(list)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._theme = theme
        self.drop_frame = QFrame(self)
        self.drop_frame.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.drop_frame.hide()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files and folders, and show that a drop is welcome."""
        if _paths(event):
            event.acceptProposedAction()
            accent = self._theme.colours.accent
            self.drop_frame.setStyleSheet(f"QFrame {{ border: 2px solid {accent}; }}")
            self.drop_frame.setGeometry(self.rect())
            self.drop_frame.raise_()
            self.drop_frame.show()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Take the frame away."""
        self.drop_frame.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Tell what was dropped."""
        self.drop_frame.hide()
        paths = _paths(event)
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(paths)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the frame at the edge."""
        super().resizeEvent(event)
        self.drop_frame.setGeometry(self.rect())


def _paths(event: QDropEvent) -> list[str]:
    return [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
