"""Captioning in a worker thread: the loaded captioner, requests, and jobs that answer them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.jobs import Job, Jobs
from app.pages.caption.captioners import CaptionerCache, CaptionsFiles
from app.pages.caption.outputs import Timeline
from app.pages.caption.search_options import SearchChoices
from core.captions import Caption
from core.config import DecodingConfig
from core.errors import StudioError
from core.events import Event, Progress, Warned
from core.timeline import (
    TimelineSettings,
    Window,
    WindowCaptioned,
    caption_timeline,
    join_windows,
)

LANE = "caption"


@dataclass(frozen=True, slots=True)
class Request:
    """A whole file to caption, or its part from `start` for `length` seconds.

    With `timeline` the file is captioned window by window.
    """

    path: Path
    start: float = 0.0
    length: float | None = None
    timeline: TimelineSettings | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestStarted(Event):
    """The captioner turned to this request."""

    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCaptioned(Event):
    """This request has its caption."""

    request: Request
    caption: Caption


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineGrew(Event):
    """This request's timeline reaches further; `timeline.complete` says whether to the end."""

    request: Request
    timeline: Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFailed(Event):
    """This request has none; the work goes on with the next."""

    request: Request
    message: str


def answer(
    cache: CaptionerCache,
    checkpoint: Path,
    choices: SearchChoices,
    requests: Sequence[Request],
) -> Iterator[Event]:
    """Caption `requests` one by one; a file that cannot be read does not stop the others.

    The rules of the search are those of the checkpoint's run, but for the `choices`.
    """
    if not cache.holds(checkpoint):
        yield Progress(phase="Loading the model", done=0, total=None)
    captioner = cache.get(checkpoint)
    rules = choices.apply(captioner.decoding)
    for done, request in enumerate(requests):
        yield Progress(
            phase="Captioning", done=done, total=len(requests), message=request.path.name
        )
        yield RequestStarted(request=request)
        try:
            if request.timeline is not None:
                for event in _timeline(captioner, checkpoint, request, rules):
                    # A single file is named by the job.
                    if isinstance(event, Progress) and len(requests) == 1:
                        event = replace(event, message="")
                    yield event
            else:
                caption = captioner.caption_file(
                    request.path, rules, start=request.start, duration=request.length
                )
                yield RequestCaptioned(request=request, caption=caption)
        except StudioError as error:
            yield RequestFailed(request=request, message=str(error))
    yield Progress(phase="Captioning", done=len(requests), total=len(requests))


def _timeline(
    captioner: CaptionsFiles, checkpoint: Path, request: Request, rules: DecodingConfig
) -> Iterator[Event]:
    assert request.timeline is not None
    windows: list[tuple[Window, Caption | None]] = []
    for event in caption_timeline(captioner, request.path, request.timeline, rules):
        if isinstance(event, WindowCaptioned):
            windows.append((event.window, event.caption))
        elif isinstance(event, Progress):
            timeline = Timeline(
                str(checkpoint), join_windows(windows), event.done, event.total or 0
            )
            yield event
            yield TimelineGrew(request=request, timeline=timeline)


class Captioning(QObject):
    """Takes requests from the page and tells it what becomes of them, in the GUI thread.

    Signals: `started(request)`, `captioned(request, caption)`, `timeline_grew(request, timeline)`,
    `refused(request, sentence)`,
    `dropped(requests)` (stopped before their turn, or the job failed), `failed(sentence, details)`,
    `phase_changed(sentence)` and `busy_changed(busy)`.
    """

    started = Signal(object)
    captioned = Signal(object, object)
    timeline_grew = Signal(object, object)
    refused = Signal(object, str)
    dropped = Signal(list)
    failed = Signal(str, str)
    warned = Signal(str)
    phase_changed = Signal(str)
    busy_changed = Signal(bool)

    def __init__(self, jobs: Jobs, cache: CaptionerCache, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.cache = cache
        self._open: list[_Batch] = []

    @property
    def busy(self) -> bool:
        """Whether any request is unanswered."""
        return bool(self._open)

    def submit(self, checkpoint: Path, choices: SearchChoices, requests: Sequence[Request]) -> bool:
        """Caption `requests` after those submitted before. Returns False while closing."""
        count = len(requests)
        title = f"Captioning {requests[0].path.name if count == 1 else f'{count} files'}"
        job = Job(
            title,
            lambda: answer(self.cache, checkpoint, choices, requests),
            lane=LANE,
        )
        batch = _Batch(self, job, list(requests))
        self._open.append(batch)
        if not self._jobs.submit(job):
            self._open.remove(batch)
            return False
        if len(self._open) == 1:
            self.busy_changed.emit(True)
        return True

    def stop(self) -> None:
        """Stop after the request in hand; those behind it are dropped."""
        for batch in reversed(self._open[:]):
            batch.job.stop()

    def _ended(self, batch: _Batch) -> None:
        if batch in self._open:
            self._open.remove(batch)
            if batch.left:
                self.dropped.emit(list(batch.left))
            if not self._open:
                self.busy_changed.emit(False)


class _Batch(QObject):
    """One job and the requests it still owes an answer."""

    def __init__(self, owner: Captioning, job: Job, left: list[Request]) -> None:
        super().__init__(owner)
        self.job, self.left = job, left
        self._owner = owner
        job.events.connect(self._on_events)
        job.failed.connect(owner.failed)
        job.done.connect(self._on_done)

    def _on_events(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Progress):
                self._owner.phase_changed.emit(_sentence(event))
            elif isinstance(event, RequestStarted):
                self._owner.started.emit(event.request)
            elif isinstance(event, RequestCaptioned):
                self.left.remove(event.request)
                self._owner.captioned.emit(event.request, event.caption)
            elif isinstance(event, TimelineGrew):
                if event.timeline.complete:
                    self.left.remove(event.request)
                self._owner.timeline_grew.emit(event.request, event.timeline)
            elif isinstance(event, RequestFailed):
                self.left.remove(event.request)
                self._owner.refused.emit(event.request, event.message)
            elif isinstance(event, Warned):
                self._owner.warned.emit(event.message)

    def _on_done(self) -> None:
        self._owner._ended(self)
        self.deleteLater()


def _sentence(progress: Progress) -> str:
    if not progress.message:
        return progress.phase
    done = min(progress.done + 1, progress.total or 1)
    count = f"{done} of {progress.total}: " if (progress.total or 0) > 1 else ""
    return f"{progress.phase} {count}{progress.message}"
