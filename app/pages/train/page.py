"""The Train page."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.studio import Studio
from app.widgets.empty_state import EmptyState


class TrainPage(QWidget):
    """Set-up on the left, curves, runs and previews on the right."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.addWidget(EmptyState(studio.theme, "chart-line", "No run yet", "Start one."))
