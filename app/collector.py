"""Collects cyclic garbage in the GUI thread alone.

Python's collector runs in whichever thread happens to allocate. In a worker it could destroy
widgets and graphics items that are part of a cycle there, which Qt answers with a crash.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 250


class Collector(QObject):
    """Takes over from the automatic collection until it is told to `stop`.

    It keeps the interpreter's own thresholds and looks at them a few times a second.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_enabled = gc.isenabled()
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self.collect)

    def start(self) -> None:
        """Switch the automatic collection off, and collect here instead."""
        self._was_enabled = gc.isenabled()
        gc.disable()
        self._timer.start()

    def stop(self) -> None:
        """Leave the collection to the interpreter again."""
        self._timer.stop()
        if self._was_enabled:
            gc.enable()

    def collect(self) -> int:
        """Collect the oldest generation that is due; return it, -1 for none."""
        due = -1
        for generation, (count, most) in enumerate(
            zip(gc.get_count(), gc.get_threshold(), strict=True)
        ):
            if count <= most:
                break
            due = generation
        if due >= 0:
            gc.collect(due)
        return due
