"""Looks for microphones in a worker thread."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.jobs import Jobs
from core.audio.microphone import InputDevice
from core.errors import AudioDeviceError

Devices = tuple[InputDevice, ...]


class DeviceFinder(QObject):
    """Signals: `started()`, `found(devices, problem)` with a sentence where there is none.

    Parameters
    ----------
    jobs
        The worker threads.
    find
        Lists the microphones, looking anew if told so.
    """

    started = Signal()
    found = Signal(object, str)

    def __init__(
        self, jobs: Jobs, find: Callable[[bool], Devices], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.find = find
        self.known = False
        self.looking = False

    def look(self, refresh: bool) -> None:
        """Look for microphones, also for those connected since the last time if `refresh`."""
        if self.looking:
            return
        self.looking = True
        self.started.emit()

        def find() -> tuple[Devices, str]:
            try:
                return self.find(refresh), ""
            except AudioDeviceError as error:  # a machine without a microphone is nothing unusual
                return (), str(error)

        self._jobs.run_quick(find, self._on_found, None, self)

    def _on_found(self, answer: tuple[Devices, str]) -> None:
        self.looking = False
        self.known = True
        self.found.emit(*answer)
