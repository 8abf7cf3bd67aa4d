"""Captioning in a worker thread: the loaded captioner, requests, and jobs that answer them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from app.jobs import Job, Jobs
from core.captions import Caption
from core.config import DecodingConfig
from core.errors import StudioError
from core.events import Event, Progress, Warned

LANE = "caption"


class CaptionsFiles(Protocol):
    """The part of `core.captioner.Captioner` that the page uses."""

    @property
    def decoding(self) -> DecodingConfig:
        """How the checkpoint's run searched for captions."""

    def caption_file(
        self,
        path: Path | str,
        decoding: DecodingConfig | None = None,
        start: float = 0.0,
        duration: float | None = None,
    ) -> Caption:
        """Caption a file, or the part from `start` for `duration` seconds."""


Loader = Callable[[Path], CaptionsFiles]


def load_captioner(checkpoint: Path) -> CaptionsFiles:
    """Load a checkpoint with its encoder. Takes seconds the first time; not for the GUI thread."""
    from core.captioner import Captioner
    from core.training.device import choose_device

    return Captioner.load(checkpoint, choose_device("auto"))


@dataclass(frozen=True, slots=True)
class Request:
    """A whole file to caption, or its part from `start` for `length` seconds."""

    path: Path
    start: float = 0.0
    length: float | None = None


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
class RequestFailed(Event):
    """This request has none; the work goes on with the next."""

    request: Request
    message: str


class CaptionerCache:
    """Keeps the captioner loaded last, so that one checkpoint is read once.

    A checkpoint that training has written anew since is loaded again. Used by worker threads.
    """

    def __init__(self, load: Loader) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._key: tuple[Path, int] | None = None
        self._captioner: CaptionsFiles | None = None

    def holds(self, checkpoint: Path) -> bool:
        """Say whether `checkpoint` is ready for use."""
        return self._captioner is not None and self._key == _key_of(checkpoint)

    def get(self, checkpoint: Path) -> CaptionsFiles:
        """Return the captioner of `checkpoint`, loaded if need be."""
        with self._lock:
            if self._captioner is None or not self.holds(checkpoint):
                self._captioner = None  # two models at a time would cost memory for nothing
                key = _key_of(checkpoint)
                self._captioner = self._load(checkpoint)
                self._key = key
            return self._captioner


def answer(
    cache: CaptionerCache, checkpoint: Path, beam_size: int, requests: Sequence[Request]
) -> Iterator[Event]:
    """Caption `requests` one by one; a file that cannot be read does not stop the others.

    The rules of the search are those of the checkpoint's run, but for the beam size.
    """
    if not cache.holds(checkpoint):
        yield Progress(phase="Loading the model", done=0, total=None)
    captioner = cache.get(checkpoint)
    rules = captioner.decoding.model_copy(update={"beam_size": beam_size})
    for done, request in enumerate(requests):
        yield Progress(
            phase="Captioning", done=done, total=len(requests), message=request.path.name
        )
        yield RequestStarted(request=request)
        try:
            caption = captioner.caption_file(
                request.path, rules, start=request.start, duration=request.length
            )
        except StudioError as error:
            yield RequestFailed(request=request, message=str(error))
        else:
            yield RequestCaptioned(request=request, caption=caption)
    yield Progress(phase="Captioning", done=len(requests), total=len(requests))


class Captioning(QObject):
    """Takes requests from the page and tells it what becomes of them, in the GUI thread.

    Signals: `started(request)`, `captioned(request, caption)`, `refused(request, sentence)`,
    `dropped(requests)` (stopped before their turn, or the job failed), `failed(sentence, details)`,
    `phase_changed(sentence)` and `busy_changed(busy)`.
    """

    started = Signal(object)
    captioned = Signal(object, object)
    refused = Signal(object, str)
    dropped = Signal(list)
    failed = Signal(str, str)
    warned = Signal(str)
    phase_changed = Signal(str)
    busy_changed = Signal(bool)

    def __init__(self, jobs: Jobs, load: Loader = load_captioner, parent: QObject | None = None):
        super().__init__(parent)
        self._jobs = jobs
        self._cache = CaptionerCache(load)
        self._open: list[_Batch] = []

    @property
    def busy(self) -> bool:
        """Whether any request is unanswered."""
        return bool(self._open)

    def submit(self, checkpoint: Path, beam_size: int, requests: Sequence[Request]) -> bool:
        """Caption `requests` after those submitted before. Returns False while closing."""
        count = len(requests)
        title = f"Captioning {requests[0].path.name if count == 1 else f'{count} files'}"
        job = Job(
            title,
            lambda: answer(self._cache, checkpoint, beam_size, requests),
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
    count = f"{progress.done + 1} of {progress.total}: " if (progress.total or 0) > 1 else ""
    return f"{progress.phase} {count}{progress.message}"
