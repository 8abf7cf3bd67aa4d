"""What every page is given: jobs, theme, settings, the player, and signals between the pages."""

from __future__ import annotations

import importlib
from typing import Any

from PySide6.QtCore import QObject, QSettings, QTimer, Signal
from PySide6.QtWidgets import QSplitter

from app.jobs import Jobs
from app.theme import Theme
from core import paths


class Studio(QObject):
    """The shared context of the window and its pages."""

    runs_changed = Signal()
    checkpoints_changed = Signal()
    datasets_changed = Signal()
    message = Signal(str)
    open_in_caption = Signal(list)
    open_in_compare = Signal(list)
    show_run = Signal(str)
    show_page = Signal(str)
    engine_ready = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = QSettings(
            str(paths.home() / "interface.ini"), QSettings.Format.IniFormat, self
        )
        self.theme = Theme(self.settings, self)
        self.jobs = Jobs(self)
        self._player: Any = None

    @property
    def player(self) -> Any:
        """The one sound player of the window, made when first asked for."""
        if self._player is None:
            self._player = importlib.import_module("app.player").Player(self)
        return self._player

    def remember_splitter(self, splitter: QSplitter, key: str, sizes: list[int]) -> None:
        """Restore a splitter's position and save it whenever the user moves it."""
        name = f"splitters/{key}"
        saved = self.settings.value(name)
        splitter.setHandleWidth(1)
        splitter.setSizes(sizes)
        if saved is not None:
            splitter.restoreState(saved)
            # A saved state carries its handle width; ours is part of the look.
            splitter.setHandleWidth(1)
        timer = QTimer(splitter)
        timer.setSingleShot(True)
        timer.setInterval(300)
        timer.timeout.connect(lambda: self.settings.setValue(name, splitter.saveState()))
        splitter.splitterMoved.connect(lambda *_: timer.start())
