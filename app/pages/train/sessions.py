"""The runs that this window trains: starting, pausing, stopping, resuming, and how far they are.

All runs wait their turn in the user's queue, so that what waits is still there after a restart.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs import TRAINING_LANE, Job
from app.pages.train.session import Session
from app.studio import Studio
from core.config import RunConfig
from core.errors import StudioError
from core.events import Event, Warned
from core.runs import RunFolder, create_run, open_run
from core.runs.queue import QueuedRun, QueueState, RunQueue

LOOK_MS = 3000


class Sessions(QObject):
    """Sessions by the path of their run folder; one trains, the others wait in the queue.

    `launched`, `changed` and `ended` carry that path, `failed` a sentence and a traceback, `warned`
    a sentence. `discarded` asks for the folder of a run that was stopped to be thrown away,
    `queue_changed` tells that the queue is not what it was. While `held`, nothing new is begun.
    """

    launched = Signal(str)
    changed = Signal(str)
    ended = Signal(str)
    failed = Signal(str, str)
    warned = Signal(str)
    discarded = Signal(str)
    queue_changed = Signal()

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._sessions: dict[str, Session] = {}
        self._entries: dict[str, str] = {}
        self.queue = RunQueue()
        # What an earlier session left waiting is not begun before the user says so.
        self.held = any(entry.state == "queued" for entry in self.entries())
        # Another process may train what stands first in the queue.
        self._looks = QTimer(self)
        self._looks.setInterval(LOOK_MS)
        self._looks.timeout.connect(self.begin_next)

    def __contains__(self, key: str) -> bool:
        return key in self._sessions

    def __iter__(self) -> Iterator[str]:
        return iter(self._sessions)

    def __len__(self) -> int:
        return len(self._sessions)

    def live(self, key: str) -> Session | None:
        """Return the session of a run while its job has not ended."""
        session = self._sessions.get(key)
        return session if session is not None and not session.job.ended else None

    def busy_key(self) -> str:
        """Return the run that trains or is paused, "" for none."""
        for key, session in self._sessions.items():
            if session.job.state in ("running", "paused"):
                return key
        return ""

    def start(self, config: RunConfig) -> bool:
        """Train a run when it is its turn. Returns whether it runs or waits."""
        return self._add(partial(self.queue.add, config))

    def resume(self, key: str) -> None:
        """Go on with a paused job, or with a stopped, interrupted or failed run."""
        session = self.live(key)
        if session is not None:
            session.job.resume()
            return
        try:
            title = open_run(Path(key)).title()
        except StudioError as error:
            self.failed.emit(str(error), "")
            return
        for entry in self.entries():
            if key in (entry.resume, entry.run) and entry.state == "queued":
                self._first(entry.id)
                return
        self._add(partial(self.queue.add, title=title, resume=key))

    def release(self) -> None:
        """Begin with what waits, from now on."""
        self.held = False
        self.begin_next()

    def entries(self) -> tuple[QueuedRun, ...]:
        """Return the queue, empty where it cannot be read."""
        try:
            return self.queue.entries()
        except StudioError as error:
            self.failed.emit(str(error), "")
            return ()

    def pause(self, key: str) -> None:
        """Pause a run."""
        session = self.live(key)
        if session is not None:
            session.job.pause()

    def toggle_pause(self) -> None:
        """Pause the run that trains, or go on with the one that is paused."""
        session = self.live(self.busy_key())
        if session is not None:
            if session.job.state == "paused":
                session.job.resume()
            else:
                session.job.pause()

    def stop(self, key: str, discard: bool = False) -> None:
        """Stop a run; with `discard` its folder is then thrown away."""
        session = self.live(key)
        if session is not None:
            session.discard = discard
            session.job.stop()

    def begin_next(self) -> None:
        """Begin with the first run of the queue that may, unless one trains here."""
        if self.held or self._sessions or self._studio.jobs.closing:
            return
        try:
            entry = self.queue.next_ready()
        except StudioError as error:
            self._looks.stop()
            self.failed.emit(str(error), "")
            return
        if entry is not None:
            self._begin(entry)
        self.queue_changed.emit()
        if entry is None and any(item.state == "queued" for item in self.entries()):
            self._looks.start()
        else:
            self._looks.stop()

    def _add(self, add: Callable[[], str]) -> bool:
        if self._studio.jobs.closing:
            return False
        try:
            if not any(entry.state in ("queued", "running") for entry in self.queue.entries()):
                self.queue.clear_ended()
            added = add()
            if self.held:
                # Whoever presses Start means this run, not what an earlier session left.
                self.queue.move(added, 0)
        except (StudioError, OSError) as error:
            self.failed.emit(str(error), "")
            return False
        self.held = False
        self.begin_next()
        self.queue_changed.emit()
        return True

    def _first(self, identifier: str) -> None:
        try:
            self.queue.move(identifier, 0)
        except StudioError as error:
            self.failed.emit(str(error), "")
        self.release()

    def _begin(self, entry: QueuedRun) -> None:
        try:
            if entry.resume:
                run = open_run(Path(entry.resume))
                factory = partial(_resume, run)
            else:
                assert entry.config is not None
                run = create_run(entry.config)
                factory = partial(_train, entry.config, run)
            self.queue.started(entry.id, run.path)
        except (StudioError, OSError) as error:
            sentence = f"{entry.title} could not be started: {error}"
            self._finish(entry.id, "failed", problem=sentence)
            self.failed.emit(sentence, "")
            QTimer.singleShot(0, self, self.begin_next)
            return
        self._entries[str(run.path)] = entry.id
        self._launch(run, factory)

    def _launch(self, run: RunFolder, factory: Callable[[], Iterator[Event]]) -> None:
        key, title = str(run.path), run.title()
        job = Job(f"Training {title}", factory, lane=TRAINING_LANE)
        job.events.connect(partial(self._events_came, key))
        job.state_changed.connect(partial(self._state_changed, key))
        job.failed.connect(self.failed)
        job.done.connect(partial(self._job_done, key))
        self._sessions[key] = Session(job, run, title)
        if not self._studio.jobs.submit(job):
            del self._sessions[key]
            self._finish(self._entries.pop(key), "queued")
            return
        self.launched.emit(key)

    def _events_came(self, key: str, events: list[Event]) -> None:
        session = self._sessions.get(key)
        if session is None:
            return
        session.take(events)
        for event in events:
            if isinstance(event, Warned):
                self.warned.emit(event.message)
        self.changed.emit(key)

    def _state_changed(self, key: str, _state: str) -> None:
        self.changed.emit(key)

    def _job_done(self, key: str) -> None:
        session = self._sessions.pop(key, None)
        if session is None:
            return
        ends: dict[str, QueueState] = {"finished": "done", "failed": "failed"}
        state = ends.get(session.job.state, "cancelled")
        if state == "done" and session.stopped_by_request:
            state = "cancelled"
        if state == "cancelled" and self._studio.jobs.closing and not session.discard:
            # The window closes: the run goes on when the queue does.
            state = "queued"
        problem = session.problem if state == "failed" else ""
        self._finish(self._entries.pop(key, ""), state, problem)
        if session.discard:
            self.discarded.emit(key)
        self.ended.emit(key)
        QTimer.singleShot(0, self, self.begin_next)

    def _finish(self, identifier: str, state: QueueState, problem: str = "") -> None:
        try:
            self.queue.finish(identifier, state, problem=problem)
        except StudioError as error:
            self.failed.emit(str(error), "")
        self.queue_changed.emit()


def _train(config: RunConfig, run: RunFolder) -> Iterator[Event]:
    events: Iterator[Event] = importlib.import_module("core.training").train_run(config, run)
    return events


def _resume(run: RunFolder) -> Iterator[Event]:
    events: Iterator[Event] = importlib.import_module("core.training").resume_run(run)
    return events
