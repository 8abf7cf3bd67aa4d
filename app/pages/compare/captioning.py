"""Captioning and evaluating as the page sees them: what is known, what goes on, start and stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from PySide6.QtCore import QObject, Signal

from app.job_progress import JobProgress
from app.jobs import Job, Jobs
from app.pages.compare.evaluating import SystemEvaluated, evaluate_systems
from app.pages.compare.kept_captions import Source
from app.pages.compare.work import (
    Answers,
    ClipCaptioned,
    ClipFailed,
    ComparedClip,
    KeepingLoader,
    SystemFailed,
    SystemId,
    Task,
    caption_clips,
)
from app.texts import count_text
from core.events import Event, Warned

LANE = "caption"


class Captioning(QObject):
    """At most one job at a time; every answer is kept in `answers`.

    Signals: `answered(keys)` of the clips with news, `advanced(share or None, sentence)`,
    `busy_changed(busy)`, `failed(sentence, details)`, `system_failed(system)` whose cells say why,
    `evaluated(system)` and `warned(sentence)`.
    """

    answered = Signal(object)
    advanced = Signal(object, str)
    busy_changed = Signal(bool)
    failed = Signal(str, str)
    system_failed = Signal(object, str)
    evaluated = Signal(object)
    warned = Signal(str)

    def __init__(
        self, jobs: Jobs, load: KeepingLoader, answers: Answers, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.answers = answers
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
        self.run_tasks(self.answers.tasks(systems, clips))

    def run_tasks(self, tasks: Sequence[Task]) -> None:
        """Do these tasks, also where there is a caption already."""
        if not tasks:
            return
        systems = {system for task in tasks for system in task.systems}
        load = self._load
        title = (
            f"Captioning {count_text(len(tasks), 'clip')} with {count_text(len(systems), 'system')}"
        )
        self._run(title, lambda: caption_clips(tasks, load))

    def evaluate(self, systems: Sequence[SystemId], source: Source, root: str) -> None:
        """Evaluate checkpoints on a whole split."""
        chosen = list(systems)
        if chosen:
            title = f"Evaluating {count_text(len(chosen), 'checkpoint')} on {source.split}"
            self._run(title, lambda: evaluate_systems(chosen, source, root))

    def stop(self) -> None:
        """Stop after the clip in hand; what is captioned stays."""
        if self._job is not None:
            self._job.stop()

    def _run(self, title: str, factory: Callable[[], Iterator[Event]]) -> None:
        if self.busy:
            return
        job = Job(title, factory, lane=LANE)
        job.events.connect(self._take)
        job.failed.connect(self.failed)
        job.done.connect(self._done)
        self._job, self._progress = job, JobProgress()
        self.busy_changed.emit(True)
        self.advanced.emit(None, "Waiting for other captioning to end")
        if not self._jobs.submit(job):
            self._done()

    def _take(self, events: list[Event]) -> None:
        keys = set()
        for event in events:
            if isinstance(event, ClipCaptioned | ClipFailed):
                self.answers.take(event)
                keys.add(event.key)
            elif isinstance(event, SystemFailed):
                self.answers.take(event)
                self.system_failed.emit(event.system, event.message)
            elif isinstance(event, SystemEvaluated):
                self.evaluated.emit(event.system)
            elif isinstance(event, Warned):
                self.warned.emit(event.message)
            else:
                self._progress.update(event)
        self.answered.emit(keys)
        progress = self._progress
        self.advanced.emit(progress.fraction, f"{progress.phase}: {progress.text}".strip(": "))

    def _done(self) -> None:
        self._job = None
        self.busy_changed.emit(False)
