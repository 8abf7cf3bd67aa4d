"""Keeps the scores in step with the table: a job whenever what is captioned has changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.jobs import Job, Jobs
from app.pages.compare.scoring import (
    DifferenceScored,
    ScoredClip,
    SystemScored,
    scorable,
    score_systems,
)
from app.texts import count_text
from core.events import Event

if TYPE_CHECKING:
    from app.pages.compare.results import ResultsModel
    from app.pages.compare.scores_tab import ScoresTab

NO_REFERENCES = "Scores need reference captions, and sound files have none. Choose a dataset split."
NOT_CAPTIONED = "Caption the clips first: scores compare captions with their references."


class ScoreKeeper(QObject):
    """Signals: `changed(CIDEr-D by clip key and system)` and `failed(sentence, details)`."""

    changed = Signal(object)
    failed = Signal(str, str)

    def __init__(
        self, jobs: Jobs, model: ResultsModel, tab: ScoresTab, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.per_clip: dict[str, dict[int, float]] = {}
        self._jobs = jobs
        self._model = model
        self._tab = tab
        self._job: Job | None = None
        self._state: object = None

    @property
    def busy(self) -> bool:
        """Whether the metrics run."""
        return self._job is not None

    def update(self) -> None:
        """Score what all systems captioned, once for each state of the table."""
        if self._job is not None:
            return
        rows = self._model.rows
        clips = scorable(rows)
        bare = bool(rows) and not any(row.clip.references for row in rows)
        state = (self._model.systems, tuple(clip.key for clip in clips), bare)
        if state == self._state:
            return
        self._state = state
        self.per_clip = {}
        self.changed.emit(self.per_clip)
        if clips:
            self._start(clips)
        elif bare:
            self._tab.clear(NO_REFERENCES)
        else:
            self._tab.clear(NOT_CAPTIONED, "Caption")

    def _start(self, clips: Sequence[ScoredClip]) -> None:
        titles = self._model.titles
        self._tab.start(titles, len(clips))
        job = Job(
            f"Scoring {count_text(len(clips), 'clip')}", lambda: score_systems(clips, len(titles))
        )
        job.events.connect(self._take)
        job.failed.connect(self.failed)
        job.done.connect(self._done)
        self._job = job
        if not self._jobs.submit(job):
            self._job = None

    def _take(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, DifferenceScored):
                self._tab.take_difference(event)
            elif isinstance(event, SystemScored):
                self._tab.take(event)
                for key, value in event.per_clip.items():
                    self.per_clip.setdefault(key, {})[event.system] = value
        self.changed.emit(self.per_clip)

    def _done(self) -> None:
        self._job = None
        # The selection may have changed while the metrics ran.
        self.update()
