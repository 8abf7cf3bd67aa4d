"""Captioning in a worker thread: the loaded captioner, requests, and jobs that answer them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.jobs import Job, Jobs
from core.audio.log_mel import LogMel
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

from .outputs import Timeline
from .search_options import SearchChoices

LANE = "caption"
# Models that are kept loaded; several checkpoints may caption side by side.
MOST_LOADED = 4


class CaptionsFiles(Protocol):
    """The part of `core.captioner.Captioner` that the page uses."""

    @property
    def decoding(self) -> DecodingConfig:
        """How the checkpoint's run searched for captions."""

    @property
    def sample_rate(self) -> int:
        """Rate in Hz at which it hears best."""

    def caption_file(
        self,
        path: Path | str,
        decoding: DecodingConfig | None = None,
        start: float = 0.0,
        duration: float | None = None,
    ) -> Caption:
        """Caption a file, or the part from `start` for `duration` seconds."""

    def caption_waveforms(
        self,
        waveforms: Sequence[NDArray[np.float32]],
        sample_rate: int,
        decoding: DecodingConfig | None = None,
    ) -> list[Caption]:
        """Caption several sounds, (n,) each, at once."""

    def hear(
        self, path: Path | str, start: float = 0.0, duration: float | None = None
    ) -> LogMel | None:
        """Return what the encoder is given of a part of a file."""


Loader = Callable[[Path], CaptionsFiles]


def load_captioner(checkpoint: Path) -> CaptionsFiles:
    """Load a checkpoint with its encoder. Takes seconds the first time; not for the GUI thread."""
    from core.captioner import Captioner
    from core.training.device import choose_device

    return Captioner.load(checkpoint, choose_device("auto"))


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


class CaptionerCache:
    """Keeps the captioners used last, so that each checkpoint is read once.

    A checkpoint that training has written anew since is loaded again. Used by worker threads.
    """

    def __init__(self, load: Loader) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._captioners: OrderedDict[tuple[Path, int], CaptionsFiles] = OrderedDict()

    def holds(self, checkpoint: Path) -> bool:
        """Say whether `checkpoint` is ready for use."""
        return _key_of(checkpoint) in self._captioners

    def get(self, checkpoint: Path) -> CaptionsFiles:
        """Return the captioner of `checkpoint`, loaded if need be."""
        with self._lock:
            key = _key_of(checkpoint)
            if key not in self._captioners:
                for old in [old for old in self._captioners if old[0] == checkpoint]:
                    del self._captioners[old]
                while len(self._captioners) >= MOST_LOADED:
                    self._captioners.popitem(last=False)
                self._captioners[key] = self._load(checkpoint)
            self._captioners.move_to_end(key)
            return self._captioners[key]


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
                yield from _timeline(captioner, checkpoint, request, rules)
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

    def __init__(self, jobs: Jobs, load: Loader = load_captioner, parent: QObject | None = None):
        super().__init__(parent)
        self._jobs = jobs
        self.cache = CaptionerCache(load)
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


def _key_of(checkpoint: Path) -> tuple[Path, int]:
    try:
        return checkpoint, checkpoint.stat().st_mtime_ns
    except OSError:
        return checkpoint, 0


def _sentence(progress: Progress) -> str:
    if not progress.message:
        return progress.phase
    done = min(progress.done + 1, progress.total or 1)
    count = f"{done} of {progress.total}: " if (progress.total or 0) > 1 else ""
    return f"{progress.phase} {count}{progress.message}"
