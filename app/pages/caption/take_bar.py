"""The last take: where it lies, and what to do with it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.texts import clock_text
from app.theme import Theme
from app.widgets.elided_label import ElidedLabel


class TakeBar(QWidget):
    """Signals: `open_clicked(path)`, `copy_clicked(path)`, `delete_clicked(path)`."""

    open_clicked = Signal(object)
    copy_clicked = Signal(object)
    delete_clicked = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.take: Path | None = None
        self.label = ElidedLabel()
        self.label.setAccessibleName("Last take")
        self.open = QPushButton("Open in Files")
        self.open.setToolTip("Look at the take, play it and caption it at leisure")
        self.copy = QPushButton("Save a copy…")
        self.copy.setToolTip("Save the take and its captions somewhere else")
        self.delete = QPushButton("Delete")
        self.delete.setProperty("role", "danger")
        self.delete.setToolTip("Move the take and its captions to the bin")
        theme.set_icon(self.open, "folder-open-outline")
        theme.set_icon(self.copy, "content-save-outline")
        for button, signal in (
            (self.open, self.open_clicked),
            (self.copy, self.copy_clicked),
            (self.delete, self.delete_clicked),
        ):
            button.clicked.connect(lambda _=False, signal=signal: signal.emit(self.take))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 6, 8, 6)
        layout.setSpacing(8)
        layout.addWidget(self.label, 1)
        for button in (self.open, self.copy, self.delete):
            layout.addWidget(button)
        self.show_take(None)

    def show_take(self, take: Path | None, seconds: float = 0.0, note: str = "") -> None:
        """Show a take that was saved; None hides the bar."""
        self.take = take
        self.setVisible(take is not None)
        if take is not None:
            self.label.setText(f"Take saved: {take.name} ({clock_text(seconds, 1)}){note}")
            self.label.setToolTip(str(take))
