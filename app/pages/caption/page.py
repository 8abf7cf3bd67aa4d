"""The Caption page: what fills it now is the side for files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.studio import Studio

from .captioning import Loader, load_captioner
from .files_pane import FilesPane


class CaptionPage(QWidget):
    """Holds the sides of the page and brings the one that is asked for to the front.

    Parameters
    ----------
    studio
        The shared context.
    load
        Turns the path of a checkpoint into a captioner; called in a worker thread.
    """

    def __init__(
        self, studio: Studio, parent: QWidget | None = None, load: Loader = load_captioner
    ) -> None:
        super().__init__(parent)
        self.files_pane = FilesPane(studio, load=load)
        self._sides = QStackedWidget()
        self._sides.addWidget(self.files_pane)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._sides, 1)
        studio.open_in_caption.connect(self.open_paths)

    def open_paths(self, paths: Iterable[str | Path]) -> None:
        """Open files, folders or a checkpoint."""
        self._sides.setCurrentWidget(self.files_pane)
        self.files_pane.open_paths(paths)
