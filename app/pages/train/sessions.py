"""The runs that this window trains: starting, pausing, stopping, resuming, and how far they are."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.jobs import Job
from app.pages.train.session import Session
from app.studio import Studio
from core.config import RunConfig
from core.errors import StudioError
from core.events import Event, Warned
from core.runs import RunFolder, create_run, open_run

LANE = "training"


class Sessions(QObject):
    """Sessions by the path of their run folder; one trains, the others wait for it.

    `launched`, `changed` and `ended` carry that path, `failed` a sentence and a traceback, `warned`
    a sentence. `discarded` asks for the folder of a run that was stopped to be thrown away.
    """

    launched = Signal(str)
    changed = Signal(str)
    ended = Signal(str)
    failed = Signal(str, str)
    warned = Signal(str)
    discarded = Signal(str)

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._sessions: dict[str, Session] = {}

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

    def start(self, config: RunConfig) -> str:
        """Make a run folder and train in it when it is its turn; return its path, "" on failure."""
        try:
            run = create_run(config)
        except (StudioError, OSError) as error:
            self.failed.emit(f"The run could not be made: {error}", "")
            return ""
        return self._launch(run, partial(_train, config, run))

    def resume(self, key: str) -> None:
        """Go on with a paused job, or with a stopped, interrupted or failed run."""
        session = self.live(key)
        if session is not None:
            session.job.resume()
            return
        try:
            run = open_run(Path(key))
        except StudioError as error:
            self.failed.emit(str(error), "")
            return
        self._launch(run, partial(_resume, run))

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

    def _launch(self, run: RunFolder, factory: Callable[[], Iterator[Event]]) -> str:
        key, title = str(run.path), run.title()
        job = Job(f"Training {title}", factory, lane=LANE)
        job.events.connect(partial(self._events_came, key))
        job.state_changed.connect(partial(self._state_changed, key))
        job.failed.connect(self.failed)
        job.done.connect(partial(self._job_done, key))
        self._sessions[key] = Session(job, run, title)
        if not self._studio.jobs.submit(job):
            # The window is closing; the folder holds nothing but its settings yet.
            del self._sessions[key]
            return ""
        self.launched.emit(key)
        return key

    def _events_came(self, key: str, events: list[Event]) -> None:
        session = self._sessions.get(key)
        if session is None:
            return
        session.take(events)
        for event in events:
            if isinstance(event, Warned):
                self.warned.emit(event.message)
        self.changed.emit(key)

    def _state_changed(self, key: str, state: str) -> None:
        session = self._sessions.get(key)
        if session is not None and state in ("paused", "running"):
            session.paused_or_resumed()
        self.changed.emit(key)

    def _job_done(self, key: str) -> None:
        session = self._sessions.pop(key, None)
        if session is None:
            return
        if session.job.state == "stopped" and not session.run.events.path.exists():
            # Taken out of the queue: nothing but its settings was ever written.
            shutil.rmtree(session.run.path, ignore_errors=True)
        elif session.discard:
            self.discarded.emit(key)
        self.ended.emit(key)


def _train(config: RunConfig, run: RunFolder) -> Iterator[Event]:
    events: Iterator[Event] = importlib.import_module("core.training").train_run(config, run)
    return events


def _resume(run: RunFolder) -> Iterator[Event]:
    events: Iterator[Event] = importlib.import_module("core.training").resume_run(run)
    return events
