"""The long work on datasets: downloads, checks, extraction; at most one of a kind for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

from app.job_progress import JobProgress
from app.jobs import Job
from app.machine import size_text
from app.pace import Pace
from app.studio import Studio
from app.texts import left_text
from core.events import Event, Progress, Warned

Kind = Literal["download", "check", "extract"]
_MOST_WARNINGS = 1000


@dataclass
class Work:
    """One job on one dataset, how far it is, and what it warned of."""

    dataset: str
    kind: Kind
    job: Job
    progress: JobProgress = field(default_factory=JobProgress)
    pace: Pace = field(default_factory=Pace)
    warnings: list[str] = field(default_factory=list)
    last: Progress | None = None

    def take(self, event: Event) -> None:
        """Take an event into account."""
        self.progress.update(event)
        if isinstance(event, Progress):
            self.last = event
            self.pace.update(event.phase, event.done, event.total)
        elif isinstance(event, Warned) and len(self.warnings) < _MOST_WARNINGS:
            self.warnings.append(event.message)

    def words(self) -> str:
        """Say what is being done, how far it is and how long it will take."""
        if self.job.state in ("queued", "stopping"):
            return {"queued": "Waiting for its turn", "stopping": "Stopping"}[self.job.state]
        parts = [self.progress.phase or self.job.title]
        last = self.last
        if last is not None and last.total:
            parts.append(self._count(last.done, last.total))
        if last is not None and self.kind != "check" and last.message:
            # Of a check, the message is the clip that was listened to last.
            parts.append(last.message)
        if self.job.state == "paused":
            parts.append("paused")
        else:
            remaining = self.pace.remaining()
            if remaining is not None:
                parts.append(left_text(remaining))
        if self.warnings:
            parts.append(f"{len(self.warnings):,} left out")
        return " · ".join(parts)

    def _count(self, done: int, total: int) -> str:
        if self.kind == "download":
            return f"{size_text(done)} of {size_text(total)}"
        return f"{done:,} of {total:,}"


class DatasetWork(QObject):
    """Starts, remembers and stops the work. Signals:

    `changed(dataset)` while work goes on, begins or ends; `begun(dataset)`, also when it has to
    wait for its turn; `ended(dataset, kind)` after its end; `failed(dataset, sentence, details)`.
    """

    changed = Signal(str)
    begun = Signal(str)
    ended = Signal(str, str)
    failed = Signal(str, str, str)

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._works: dict[tuple[str, str], Work] = {}

    def of(self, dataset: str) -> list[Work]:
        """Return the work that goes on with a dataset."""
        return [work for (name, _), work in self._works.items() if name == dataset]

    def find(self, dataset: str, kind: Kind) -> Work | None:
        """Return the work of a kind that goes on with a dataset."""
        return self._works.get((dataset, kind))

    def download(
        self, name: str, title: str, root: Path, parts: Sequence[str], keep_archives: bool
    ) -> None:
        """Download parts of a published dataset into the folder `root`."""
        from core.data.acquire import download_dataset

        chosen = tuple(parts)
        self._start(
            name,
            "download",
            f"Downloading {title}",
            lambda: download_dataset(name, root, chosen, keep_archives=keep_archives),
        )

    def check(self, name: str, title: str, listen: bool) -> None:
        """Check a dataset and keep the report."""
        self._start(name, "check", f"Checking {title}", lambda: check_and_keep(name, listen))

    def extract(
        self, name: str, title: str, splits: Sequence[str], encoder: str, dtype: Any, device: str
    ) -> None:
        """Extract the features of splits."""
        chosen = tuple(splits)
        self._start(
            name,
            "extract",
            f"Extracting {title}",
            lambda: _extract(name, chosen, encoder, dtype, device),
        )

    # ---- inside ----------------------------------------------------------------------------

    def _start(
        self, name: str, kind: Kind, title: str, factory: Callable[[], Iterator[Event]]
    ) -> None:
        if (name, kind) in self._works:
            return
        job = Job(title, factory, lane=kind)
        work = Work(name, kind, job)
        self._works[name, kind] = work
        job.events.connect(lambda events: self._take(work, events))
        job.state_changed.connect(lambda state: self._state_changed(work, state))
        job.failed.connect(lambda text, details: self.failed.emit(name, text, details))
        job.done.connect(lambda: self._done(work))
        if self._studio.jobs.submit(job):
            self.begun.emit(name)
            self.changed.emit(name)
        else:
            self._works.pop((name, kind))

    def _take(self, work: Work, events: list[Event]) -> None:
        for event in events:
            work.take(event)
        self.changed.emit(work.dataset)

    def _state_changed(self, work: Work, state: str) -> None:
        if state == "running":
            work.pace.restart()
        self.changed.emit(work.dataset)

    def _done(self, work: Work) -> None:
        self._works.pop((work.dataset, work.kind), None)
        self.changed.emit(work.dataset)
        self.ended.emit(work.dataset, work.kind)


def check_and_keep(name: str, listen: bool) -> Iterator[Event]:
    """Check a dataset; the report is kept where it is found again."""
    from core.data.check import DatasetChecked, check_dataset
    from core.data.check_report import save_report
    from core.data.datasets import open_dataset

    yield Progress(phase="Reading the tables", done=0)
    for event in check_dataset(open_dataset(name), listen=listen):
        if isinstance(event, DatasetChecked):
            save_report(event.report)
        yield event


def _extract(
    name: str, splits: Sequence[str], encoder: str, dtype: Any, device: str
) -> Iterator[Event]:
    from core.preload import load_engine

    yield Progress(phase="Loading the engine", done=0)
    load_engine()
    from core.training.extract_features import extract_dataset

    yield from extract_dataset(name, "", splits, encoder=encoder, dtype=dtype, device=device)
