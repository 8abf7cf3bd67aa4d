"""Captioning as the page sees it: what is known, what goes on, start and stop."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from app.job_progress import JobProgress
from app.jobs import Job, Jobs
from app.pages.compare.work import (
    Answers,
    ClipCaptioned,
    ClipFailed,
    ComparedClip,
    Loader,
    SystemId,
    caption_clips,
)
from app.texts import count_text
from core.events import Event

LANE = "caption"


class Captioning(QObject):
    """At most one job at a time; every answer is kept.

    Signals: `answered(keys)` of the clips with news, `advanced(share or None, sentence)`,
    `busy_changed(busy)` and `failed(sentence, details)`.
    """

    answered = Signal(object)
    advanced = Signal(object, str)
    busy_changed = Signal(bool)
    failed = Signal(str, str)

    def __init__(self, jobs: Jobs, load: Loader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.answers = Answers()
        self._jobs = jobs
        self._load = load
        self._job: Job | None = None
        self._progress = JobProgress()

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        return self._job is not None

    def left(self, systems: Sequence[SystemId], clips: Sequence[ComparedClip]) -> int:
        """Count the clips that not every system has captioned."""
        return len(self.answers.tasks(systems, clips))

    def start(self, systems: Sequence[SystemId], clips: Sequence[ComparedClip]) -> None:
        """Let the systems caption what they have not captioned yet."""
        tasks = self.answers.tasks(systems, clips)
        if not tasks or self.busy:
            return
        load = self._load
        job = Job(
            f"Captioning {count_text(len(tasks), 'clip')} with "
            f"{count_text(len(systems), 'system')}",
            lambda: caption_clips(tasks, load),
            lane=LANE,
        )
        job.events.connect(self._take)
        job.failed.connect(self.failed)
        job.done.connect(self._done)
        self._job, self._progress = job, JobProgress()
        self.busy_changed.emit(True)
        self.advanced.emit(None, "Waiting for other captioning to end")
        if not self._jobs.submit(job):
            self._done()

    def stop(self) -> None:
        """Stop after the clip in hand; what is captioned stays."""
        if self._job is not None:
            self._job.stop()

    def _take(self, events: list[Event]) -> None:
        keys = set()
        for event in events:
            if isinstance(event, ClipCaptioned | ClipFailed):
                self.answers.take(event)
                keys.add(event.key)
            else:
                self._progress.update(event)
        self.answered.emit(keys)
        progress = self._progress
        self.advanced.emit(progress.fraction, f"{progress.phase}: {progress.text}".strip(": "))

    def _done(self) -> None:
        self._job = None
        self.busy_changed.emit(False)
