"""Metrics of validation captions, computed in another process while it is there."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import MetricError
from core.evaluation.scorer import Scorer


class ValidationScorer:
    """Scores captions; without the metrics extra it says so once and goes on without."""

    def __init__(self, wanted: bool) -> None:
        self._scorer = Scorer() if wanted else None
        if self._scorer is not None:
            self._scorer.start()
        self._told: set[str] = set()

    def score(
        self, candidates: Sequence[str], references: Sequence[Sequence[str]]
    ) -> tuple[dict[str, float], list[str]]:
        """Return the figures that could be computed, and sentences on those that could not."""
        if self._scorer is None or not candidates:
            return {}, []
        try:
            scores = self._scorer.score(candidates, references)
        except MetricError as error:
            return {}, self._new([str(error)])
        problem = scores.unavailable.get("cider_d")
        return dict(scores.corpus), self._new([problem] if problem else [])

    def close(self) -> None:
        """End the scoring process."""
        if self._scorer is not None:
            self._scorer.close()

    def _new(self, problems: list[str]) -> list[str]:
        new = [problem for problem in problems if problem not in self._told]
        self._told.update(new)
        return new
