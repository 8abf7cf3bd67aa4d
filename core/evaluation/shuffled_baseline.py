"""The score of captions that belong to other clips: the floor of CIDEr-D."""

from __future__ import annotations

import random
from collections.abc import Sequence
from statistics import fmean

from core.evaluation.scorer import Scorer


def shuffled_baseline(
    scorer: Scorer,
    candidates: Sequence[str],
    references: Sequence[Sequence[str]],
    draws: int = 5,
    seed: int = 0,
) -> float | None:
    """Return the mean CIDEr-D, over `draws` shuffles, of captions given to other clips.

    No clip keeps its own caption. A model that ignores the audio scores about this. None if there
    are fewer than two clips or CIDEr-D cannot be computed. Raises `MetricError` as `Scorer.score`
    does.
    """
    if len(candidates) < 2:
        return None
    generator = random.Random(seed)
    values = []
    for _ in range(draws):
        order = _derangement(len(candidates), generator)
        value = scorer.score([candidates[i] for i in order], references).corpus.get("cider_d")
        if value is None:
            return None
        values.append(value)
    return fmean(values)


def _derangement(size: int, generator: random.Random) -> list[int]:
    """Return a random permutation without fixed points (one cycle, after Sattolo 1986)."""
    order = list(range(size))
    for last in range(size - 1, 0, -1):
        other = generator.randrange(last)
        order[last], order[other] = order[other], order[last]
    return order
