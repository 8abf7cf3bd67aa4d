"""Metrics of validation captions, computed in another process."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import Future, wait

from core.errors import MetricError
from core.evaluation.scorer import Scorer, Scores
from core.events import Event, Progress, Warned

_TICK_SECONDS = 0.1


class ValidationScorer:
    """Scores captions; without the metrics extra it warns once and returns no scores."""

    def __init__(self, wanted: bool) -> None:
        self._scorer = Scorer() if wanted else None
        if self._scorer is not None:
            self._scorer.start()
        self._told: set[str] = set()

    def ask(
        self, candidates: Sequence[str], references: Sequence[Sequence[str]]
    ) -> Future[Scores] | None:
        """Have captions scored in the background; None if there are none."""
        if self._scorer is None or not candidates:
            return None
        try:
            return self._scorer.submit(candidates, references)
        except MetricError as error:
            failed: Future[Scores] = Future()
            failed.set_exception(error)
            return failed

    def answer(self, asked: Future[Scores] | None) -> Generator[Event, None, dict[str, float]]:
        """Wait for the scores asked for and return them; warn once of missing metrics."""
        if asked is None:
            return {}
        while not wait([asked], _TICK_SECONDS).done:
            yield Progress(phase="Scoring", done=0)
        try:
            scores = asked.result()
        except MetricError as error:
            yield from self._warn(str(error))
            return {}
        yield from self._warn(scores.unavailable.get("cider_d", ""))
        return dict(scores.corpus)

    def close(self) -> None:
        """End the scoring process."""
        if self._scorer is not None:
            self._scorer.close()

    def _warn(self, problem: str) -> Generator[Event, None, None]:
        if problem and problem not in self._told:
            self._told.add(problem)
            yield Warned(message=problem)
