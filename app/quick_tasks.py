"""Short functions in worker threads, whose results come back to the GUI thread."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from app.errors import details_of, sentence_of
from app.thread_priority import give_way

_log = logging.getLogger("aac_studio")


class _Task:
    """A plain function on its way through a worker thread and back."""

    def __init__(
        self,
        function: Callable[[], Any],
        on_done: Callable[[Any], None] | None,
        on_failed: Callable[[str, str], None] | None,
        owner: QObject | None,
    ) -> None:
        self.function, self.on_done, self.on_failed = function, on_done, on_failed
        self.owner = owner
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.result = self.function()
        except BaseException as error:
            self.error = error


class QuickTasks(QObject):
    """The window's pool for what takes a moment: reading a file, listing a folder."""

    unhandled = Signal(str, str)
    _back = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._closing = False
        self._pool: ThreadPoolExecutor | None = None
        self._back.connect(self._ended)

    def run(
        self,
        function: Callable[[], Any],
        on_done: Callable[[Any], None] | None = None,
        on_failed: Callable[[str, str], None] | None = None,
        owner: QObject | None = None,
    ) -> None:
        """Run a short function in a worker thread and hand its result to the GUI thread.

        Nothing is delivered once `owner` (or the widget that a bound method belongs to) is gone.
        `on_failed` gets a sentence and the traceback; without it the signal `unhandled` does.
        """
        if self._closing:
            return
        if self._pool is None:
            # Enough that a slow disk or a large dataset does not keep the others waiting.
            self._pool = ThreadPoolExecutor(4, "quick", initializer=give_way)
        task = _Task(function, on_done, on_failed, owner)
        self._pool.submit(self._run, task)

    def shut_down(self) -> None:
        """Wait for the short tasks that have begun and drop the others."""
        self._closing = True
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _run(self, task: _Task) -> None:
        task.run()
        # The window may have gone while the function ran.
        with contextlib.suppress(RuntimeError):
            self._back.emit(task)

    def _ended(self, task: _Task) -> None:
        if task.error is not None:
            sentence, details = sentence_of(task.error), details_of(task.error)
            _log.error("%s\n%s", sentence, details)
            report = task.on_failed or self.unhandled.emit
            if _alive(task, report):
                report(sentence, details)
        elif task.on_done is not None and _alive(task, task.on_done):
            task.on_done(task.result)


def _alive(task: _Task, receiver: Callable[..., Any]) -> bool:
    if task.owner is not None and not isValid(task.owner):
        return False
    owner = getattr(receiver, "__self__", None)
    return not isinstance(owner, QObject) or isValid(owner)
