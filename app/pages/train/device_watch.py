"""How busy the device of the run that trains here is, asked while the page is on screen."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from app.studio import Studio

EVERY_MS = 2000


class DeviceWatch(QObject):
    """Asks in a worker thread, every two seconds between `start` and `stop`.

    `load` is a text such as "CPU 87 % · 3.1 GB of 16.0 GB", empty where nothing trains here.
    Signal: `changed()`.

    Parameters
    ----------
    device
        Names the device in use, such as "cuda:0"; "" where there is none.
    """

    changed = Signal()

    def __init__(self, studio: Studio, device: Callable[[], str], parent: QObject) -> None:
        super().__init__(parent)
        self.load = ""
        self._studio, self._device = studio, device
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self._look)

    def start(self) -> None:
        """Begin to ask."""
        self._timer.start()

    def stop(self) -> None:
        """Ask no more."""
        self._timer.stop()

    def _look(self) -> None:
        device = self._device()
        if not device:
            self.load = ""
            return
        # Imported here, since the first picture of the window does not need it.
        ask = partial(importlib.import_module("app.machine").device_load, device)
        self._studio.jobs.run_quick(ask, self._known, lambda *_: None, self)

    def _known(self, text: str) -> None:
        self.load = text
        self.changed.emit()
