"""The one way to run long work: a thread that pulls a generator of events.

Pause is not pulling, stop is closing the generator, a failure is an exception that reaches the
puller. The worker only fills a queue; a timer in the GUI thread empties it at most ten times a
second, so a fast engine cannot flood the window.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QObject, QThread, QTimer, Signal

from app.errors import details_of, sentence_of
from app.quick_tasks import QuickTasks
from app.thread_priority import give_way
from core.events import Event, close_work

DELIVERY_INTERVAL_MS = 100
_log = logging.getLogger("aac_studio")
ENDED = ("finished", "stopped", "failed")
# Of the jobs that train: what they leave can be gone on with by another process.
TRAINING_LANE = "training"


class Job(QThread):
    """One long piece of work.

    Parameters
    ----------
    title
        What is being done, for the status line: "Training ce-1".
    factory
        Called in the worker thread; returns the events to pull.
    lane
        Jobs of one lane run one after the other; "" runs at once.
    """

    events = Signal(list)
    state_changed = Signal(str)
    failed = Signal(str, str)
    done = Signal()

    def __init__(
        self,
        title: str,
        factory: Callable[[], Iterator[Event]],
        parent: QObject | None = None,
        lane: str = "",
    ) -> None:
        super().__init__(parent)
        self.title = title
        self.lane = lane
        self.state = "queued"
        self._factory = factory
        self._queue: deque[Event] = deque()
        self._stop = threading.Event()
        self._go = threading.Event()
        self._go.set()
        self._outcome = "finished"
        self._error: tuple[str, str] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(DELIVERY_INTERVAL_MS)
        self._timer.timeout.connect(self._deliver)
        self.finished.connect(self._thread_ended)

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ENDED

    def begin(self) -> None:
        """Start the thread. Called by `Jobs` when it is this job's turn."""
        if self.state == "queued":
            self._set_state("running")
            self._timer.start()
            self.start()

    def pause(self) -> None:
        """Pull no further event until `resume`."""
        if self.state == "running":
            self._go.clear()
            self._set_state("paused")

    def resume(self) -> None:
        """Go on pulling."""
        if self.state == "paused":
            self._set_state("running")
            self._go.set()

    def stop(self) -> None:
        """Close the generator before its next event; its `finally` saves what there is to save."""
        if self.state == "queued":
            self._set_state("stopped")
            self.done.emit()
        elif self.state in ("running", "paused"):
            self._set_state("stopping")
            self._stop.set()
            self._go.set()

    def run(self) -> None:
        """Pull until the end, a stop or an exception. Runs in the worker thread."""
        give_way()
        try:
            events = self._factory()
            try:
                while True:
                    self._go.wait()
                    if self._stop.is_set():
                        self._outcome = "stopped"
                        break
                    try:
                        event = next(events)
                    except StopIteration:
                        break
                    self._queue.append(event)
            finally:
                close_work(events)
        except BaseException as error:
            self._outcome = "failed"
            self._error = (sentence_of(error), details_of(error))

    def _deliver(self) -> None:
        batch = []
        with contextlib.suppress(IndexError):
            while True:
                batch.append(self._queue.popleft())
        if batch:
            self.events.emit(batch)

    def _thread_ended(self) -> None:
        self.wait()
        self._timer.stop()
        self._deliver()
        self._set_state(self._outcome)
        if self._error is not None:
            _log.error("%s: %s\n%s", self.title, *self._error)
            self.failed.emit(*self._error)
        self.done.emit()

    def _set_state(self, state: str) -> None:
        self.state = state
        self.state_changed.emit(state)


class Jobs(QObject):
    """Owns every job until its thread has ended, and the short tasks beside them."""

    job_added = Signal(object)
    job_removed = Signal(object)
    idle = Signal()
    unhandled = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: list[Job] = []
        self._closing = False
        self._quick = QuickTasks(self)
        self._quick.unhandled.connect(self.unhandled)

    @property
    def closing(self) -> bool:
        """Whether the window is going away and no new work may start."""
        return self._closing

    def submit(self, job: Job) -> bool:
        """Take a job and start it when its lane is free. Returns False while closing."""
        if self._closing:
            return False
        self._jobs.append(job)
        job.done.connect(self._job_done)
        self.job_added.emit(job)
        self._start_next()
        return True

    def running(self) -> list[Job]:
        """Jobs that have not ended, in the order they came."""
        return [job for job in self._jobs if not job.ended]

    def stop_all(self) -> None:
        """Stop every job and take no new one; `idle` follows when the last thread has ended."""
        self._closing = True
        for job in reversed(self.running()):
            job.stop()
        if not self.running():
            self.idle.emit()

    def run_quick(
        self,
        function: Callable[[], Any],
        on_done: Callable[[Any], None] | None = None,
        on_failed: Callable[[str, str], None] | None = None,
        owner: QObject | None = None,
    ) -> None:
        """Run a short function beside the jobs; see `QuickTasks.run`. Nothing while closing."""
        if not self._closing:
            self._quick.run(function, on_done, on_failed, owner)

    def shut_down(self) -> None:
        """Take nothing more, and wait for the short tasks that have begun."""
        self._closing = True
        self._quick.shut_down()

    def _job_done(self) -> None:
        for job in [job for job in self._jobs if job.ended]:
            self._jobs.remove(job)
            self.job_removed.emit(job)
            job.deleteLater()
        self._start_next()
        if not self._jobs and self._closing:
            self.idle.emit()

    def _start_next(self) -> None:
        if self._closing:
            return
        busy = {job.lane for job in self._jobs if job.lane and job.state not in ("queued", *ENDED)}
        for job in list(self._jobs):
            if job.state == "queued" and job.lane not in busy:
                if job.lane:
                    busy.add(job.lane)
                job.begin()
