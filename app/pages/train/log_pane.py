"""The run's events as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTextBrowser, QWidget

if TYPE_CHECKING:
    from app.runs.history import RunHistory


class LogPane(QTextBrowser):
    """The run's events as plain text; stays at the end while it is at the end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history: RunHistory | None = None
        self._shown = 0
        self.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.setProperty("role", "page")
        self.setLineWrapMode(QTextBrowser.LineWrapMode.WidgetWidth)
        self.document().setMaximumBlockCount(5000)
        self.document().setDocumentMargin(12)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )

    def show_history(self, history: RunHistory | None) -> None:
        """Show the log of a run, adding only what is new."""
        lines = history.log if history else []
        if history is not self._history or len(lines) < self._shown:
            self._history, self._shown = history, 0
            self.clear()
        if len(lines) > self._shown:
            bar = self.verticalScrollBar()
            at_end = bar.value() >= bar.maximum() - 4
            for line in lines[self._shown :]:
                self.append(line)
            self._shown = len(lines)
            if at_end:
                bar.setValue(bar.maximum())
        elif not lines and not self.toPlainText():
            self.setPlaceholderText("What happens in the run is listed here.")
