"""Keeps the scores in step with the table: a job whenever what is captioned has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.jobs import Job, Jobs
from app.pages.compare.scoring import Scorable, SystemsScored, scorable, score_systems
from app.texts import count_text
from core.evaluation.comparison import SystemScores
from core.events import Event

if TYPE_CHECKING:
    from app.pages.compare.results import ResultsModel
    from app.pages.compare.work import SystemId

LANE = "scoring"


class ScoreKeeper(QObject):
    """Signals: `started(work)`, `scored(SystemsScored)`, `cleared()` when there is nothing to
    score, `failed(sentence, details)`. `kept` holds scores of evaluations by system.
    """

    started = Signal(object)
    scored = Signal(object)
    cleared = Signal()
    failed = Signal(str, str)

    def __init__(
        self,
        jobs: Jobs,
        model: ResultsModel,
        metrics: Sequence[str] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.kept: dict[SystemId, SystemScores] = {}
        self._jobs = jobs
        self._model = model
        self._metrics = metrics
        self._job: Job | None = None
        self._state: object = None

    @property
    def busy(self) -> bool:
        """Whether the metrics run."""
        return self._job is not None

    def take_kept(self, scores: Mapping[SystemId, SystemScores]) -> None:
        """Use these scores of kept evaluations wherever they fit."""
        self.kept.update(scores)

    def forget(self) -> None:
        """Score anew at the next `update`, for more metrics may be there now."""
        self._state = None
        self.kept.clear()

    def update(self) -> None:
        """Score what the systems captioned, once for each state of the table."""
        work = scorable(self._model.rows)
        systems, titles = self._model.systems, self._model.titles
        kept = frozenset(system for system in systems if system in self.kept)
        state = (systems, work.numbers, work.keys, work.captions, kept)
        if state == self._state:
            return
        if self._job is not None:
            # It scores what is no longer shown; `_done` begins anew.
            self._job.stop()
            return
        self._state = state
        if work.keys:
            self._start(work, systems, titles)
        else:
            self.cleared.emit()

    def _start(self, work: Scorable, systems: Sequence[SystemId], titles: Sequence[str]) -> None:
        self.started.emit(work)
        kept, metrics = dict(self.kept), self._metrics
        job = Job(
            f"Scoring {count_text(len(work.keys), 'clip')}",
            lambda: score_systems(work, systems, titles, kept, metrics),
            lane=LANE,
        )
        job.events.connect(self._take)
        job.failed.connect(self.failed)
        job.done.connect(self._done)
        self._job = job
        if not self._jobs.submit(job):
            self._job = None

    def _take(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, SystemsScored):
                self.scored.emit(event)

    def _done(self) -> None:
        self._job = None
        # The selection may have changed while the metrics ran.
        self.update()
