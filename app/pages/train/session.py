"""One training job of this window: how far it is."""

from __future__ import annotations

from app.job_progress import JobProgress
from app.jobs import Job
from app.pace import Pace
from app.texts import count_text, left_text
from core.events import Event, Progress, RunEnded, RunStarted, StepLogged
from core.runs import RunFolder

_EXTRACTING = "Extracting features"
# What is counted where a phase does not count clips.
_COUNTED = {"Validating": "batch", "Embedding captions": "caption"}


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
        self._pace = Pace()
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
                self.activity_count = self._count(event)
                if event.phase == _EXTRACTING and event.total and event.done >= event.total:
                    # All are stored, perhaps from the start: from here on they are only read.
                    self.activity, self.activity_count = "Reading stored features", ""

    def _count(self, event: Progress) -> str:
        """Say how much of a phase is done, and how long it still takes."""
        if not event.total:
            return ""
        self._pace.update(event.phase, event.done, event.total)
        what = _COUNTED.get(event.phase, "clip")
        many = "batches" if what == "batch" else ""
        texts = [f"{event.done:,} of {count_text(event.total, what, many)}"]
        left = self._pace.remaining()
        if left and event.done < event.total:
            texts.append(left_text(left))
        if event.phase == _EXTRACTING and event.done < event.total:
            texts.append("only once for this dataset and encoder")
        return " · ".join(texts)

    def _failed(self, sentence: str, _details: str) -> None:
        self.problem = sentence
