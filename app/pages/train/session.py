"""One training job of this window: how far it is."""

from __future__ import annotations

from app.job_progress import JobProgress
from app.jobs import Job
from core.events import Event, Progress, RunEnded, RunStarted, StepLogged
from core.runs import RunFolder


class Session:
    """A job with its run folder; fed with the job's events in the GUI thread."""

    def __init__(self, job: Job, run: RunFolder, title: str) -> None:
        self.job, self.run, self.title = job, run, title
        self.progress = JobProgress()
        self.activity = ""
        self.activity_count = ""
        self.started = False
        self.examples_per_second = 0.0
        self.discard = False
        self.stopped_by_request = False
        self.problem = ""
        job.failed.connect(self._failed)

    def take(self, events: list[Event]) -> None:
        """Take events into account."""
        for event in events:
            self.progress.update(event)
            if isinstance(event, RunStarted):
                self.started = True
                self.activity = ""
            elif isinstance(event, StepLogged):
                self.activity = ""
                self.examples_per_second = event.examples_per_second
            elif isinstance(event, RunEnded):
                self.stopped_by_request = event.reason == "stopped"
            elif isinstance(event, Progress) and event.phase != "Training":
                self.activity = event.phase
                self.activity_count = f"{event.done:,} of {event.total:,}" if event.total else ""

    def _failed(self, sentence: str, _details: str) -> None:
        self.problem = sentence
