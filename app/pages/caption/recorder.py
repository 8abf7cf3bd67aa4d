"""Between the microphone's pane and the threads that record and caption."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.jobs import Job, Jobs
from app.pages.caption.captioners import CaptionerCache
from app.pages.caption.search_options import SearchChoices
from core.audio.microphone import Microphone
from core.audio.takes import new_take
from core.errors import AudioFileError
from core.events import Event, Progress
from core.live import (
    LiveCaptioned,
    LiveMonitor,
    LiveWindows,
    Recording,
    SoundSource,
    asking,
    caption_live,
    record,
)
from core.timeline import TimelineSettings

OpenSource = Callable[[str, int], SoundSource]


@dataclass(frozen=True, slots=True)
class RecorderChoices:
    """What to record from and how to caption it.

    `device` "" is the system's default, `sample_rate` 0 the device's own; without a `checkpoint`
    nothing is captioned.
    """

    device: str
    sample_rate: int
    timeline: TimelineSettings
    checkpoint: Path | None
    search: SearchChoices


class Recorder(QObject):
    """Records one take at a time and captions it as it grows.

    Signals: `captioned(event)` for each window, `said(sentence)` about what is going on,
    `changed()` when recording begins or has ended, `finished()` when the last caption is there,
    too, `failed(sentence, details)`.
    """

    captioned = Signal(object)
    said = Signal(str)
    changed = Signal()
    finished = Signal()
    failed = Signal(str, str)

    def __init__(
        self,
        jobs: Jobs,
        cache: CaptionerCache,
        open_source: OpenSource = Microphone,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs, self._cache, self._open_source = jobs, cache, open_source
        self._recording: Job | None = None
        self._captioning: Job | None = None
        self.monitor = LiveMonitor()
        self.take: Recording | None = None
        self.windows: LiveWindows | None = None
        self.quiet_db = -60.0

    @property
    def recording(self) -> bool:
        """Whether the microphone is open, or is being opened or closed."""
        return self._recording is not None

    @property
    def busy(self) -> bool:
        """Whether something is recorded, or captioned after it."""
        return self._recording is not None or self._captioning is not None

    def start(self, choices: RecorderChoices) -> None:
        """Begin a take. Does nothing while one is under way."""
        if self.busy:
            return
        try:
            take = Recording(new_take())
        except AudioFileError as error:
            self.failed.emit(str(error), "")
            return
        windows = LiveWindows(choices.timeline)
        self.monitor = LiveMonitor()
        self.take, self.windows = take, windows
        self._recording = self._submit(
            "Recording",
            lambda: record(
                lambda: self._open_source(choices.device, choices.sample_rate),
                take,
                self.monitor,
                windows,
            ),
            self._on_recorded,
        )
        if self._recording is not None and choices.checkpoint is not None:
            self._captioning = self._submit(
                "Captioning the microphone",
                lambda: self._caption(windows, choices, take.take),
                self._on_caught_up,
            )
        self.changed.emit()

    def stop(self) -> None:
        """End the take; what was heard so far is still captioned."""
        if self._recording is not None:
            self._recording.stop()

    def _submit(
        self, title: str, events: Callable[[], Iterator[Event]], on_done: Callable[[], None]
    ) -> Job | None:
        job = Job(title, events)
        job.events.connect(self._on_events)
        job.failed.connect(self.failed)
        job.done.connect(on_done)
        return job if self._jobs.submit(job) else None

    def _caption(
        self, windows: LiveWindows, choices: RecorderChoices, take: Path
    ) -> Iterator[Event]:
        checkpoint = choices.checkpoint
        assert checkpoint is not None
        if not self._cache.holds(checkpoint):
            yield Progress(phase="Loading the model", done=0, message=checkpoint.name)
        captioner = self._cache.get(checkpoint)
        rules = choices.search.apply(captioner.decoding)
        yield from caption_live(asking(captioner, rules), windows, lambda: self.quiet_db, take)

    def _on_events(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, LiveCaptioned):
                self.captioned.emit(event)
            elif isinstance(event, Progress) and event.message:
                self.said.emit(event.phase)

    def _on_recorded(self) -> None:
        self._recording = None
        if self.windows is not None:
            # A job that was stopped before it began told nobody.
            self.windows.finish()
        self.changed.emit()
        if not self.busy:
            self.finished.emit()

    def _on_caught_up(self) -> None:
        self._captioning = None
        self.changed.emit()
        if not self.busy:
            self.finished.emit()
