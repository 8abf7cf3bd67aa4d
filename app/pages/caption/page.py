"""The Caption page: sides for files, batches and the microphone, and the bar that chooses one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.pages.caption.batch_pane import BatchPane
from app.pages.caption.captioners import CaptionerCache, Loader, load_captioner
from app.pages.caption.files_pane import FilesPane
from app.pages.caption.microphone_pane import MicrophonePane
from app.studio import Studio
from app.widgets.segments import Segments


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
        cache = CaptionerCache(load)
        self.files_pane = FilesPane(studio, cache=cache)
        self.batch_pane = BatchPane(studio, cache)
        self.microphone_pane = MicrophonePane(studio, cache)
        self._panes: dict[str, QWidget] = {
            "files": self.files_pane,
            "batch": self.batch_pane,
            "microphone": self.microphone_pane,
        }
        self.sides = Segments(
            [
                ("files", "Files", "Open sounds, look at them and caption them"),
                ("batch", "Batch", "Caption any number of files in one go"),
                ("microphone", "Microphone", "Record, and read captions as they come"),
            ]
        )
        self.sides.changed.connect(self.show_side)
        bar = QWidget()
        bar.setProperty("role", "toolbar")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(bar)
        row.setContentsMargins(8, 6, 8, 6)
        row.addWidget(self.sides)
        self._stack = QStackedWidget()
        for pane in self._panes.values():
            self._stack.addWidget(pane)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addWidget(self._stack, 1)
        for pane in (self.batch_pane, self.microphone_pane):
            pane.open_wanted.connect(self.open_paths)
        self.files_pane.batch_wanted.connect(self.caption_in_batch)
        studio.open_in_caption.connect(self.open_paths)

    def show_side(self, name: str) -> None:
        """Bring a side to the front."""
        self.sides.set_value(name)
        self._stack.setCurrentWidget(self._panes[name])

    def open_paths(self, paths: Iterable[str | Path]) -> None:
        """Open files, folders or a checkpoint."""
        self.show_side("files")
        self.files_pane.open_paths(paths)

    def caption_in_batch(self, paths: Iterable[str | Path]) -> None:
        """Put files and folders into the queue and caption them, with the checkpoint of Files."""
        self.show_side("batch")
        self.batch_pane.take(paths, self.files_pane.model_bar.checkpoint())
