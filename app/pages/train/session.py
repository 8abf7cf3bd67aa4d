"""One training job of this window: how far it is and how long it will take."""

from __future__ import annotations

import time

from app.job_progress import JobProgress
from app.jobs import Job
from app.pages.train.estimate import Estimator
from core.events import Event, Progress, RunEnded, RunStarted, StepLogged
from core.runs import RunFolder


class Session:
    """A job with its run folder; fed with the job's events in the GUI thread."""

    def __init__(self, job: Job, run: RunFolder, title: str) -> None:
        self.job, self.run, self.title = job, run, title
        self.progress = JobProgress()
        self.activity = ""
        self.activity_count = ""
        self.estimator: Estimator | None = None
        self.step = 0
        self.examples_per_second = 0.0
        self.discard = False
        self.stopped_by_request = False
        self.problem = ""
        job.failed.connect(self._failed)

    def take(self, events: list[Event]) -> None:
        """Take events into account."""
        now = time.monotonic()
        for event in events:
            self.progress.update(event)
            if isinstance(event, RunStarted):
                self.estimator = Estimator(event.epochs * event.steps_per_epoch)
                self.activity = ""
                self.step = event.step
            elif isinstance(event, StepLogged):
                self.activity = ""
                self.step = event.step
                self.examples_per_second = event.examples_per_second
            elif isinstance(event, RunEnded):
                self.stopped_by_request = event.reason == "stopped"
            elif isinstance(event, Progress) and event.phase != "Training":
                self.activity = event.phase
                self.activity_count = f"{event.done:,} of {event.total:,}" if event.total else ""
        if self.estimator is not None and self.step:
            self.estimator.take(now, self.step)

    def _failed(self, sentence: str, _details: str) -> None:
        self.problem = sentence

    def paused_or_resumed(self) -> None:
        """Leave a pause out of the estimate."""
        if self.estimator is not None:
            self.estimator.restart()

    def remaining(self) -> float | None:
        """Return the seconds to go, None while that cannot be said."""
        return self.estimator.remaining(self.step) if self.estimator else None
