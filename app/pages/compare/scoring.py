"""Scores of the systems over the clips that all of them captioned, and how sure they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from app.pages.compare.kept_captions import cut_scores
from app.pages.compare.rows import ResultRow
from app.pages.compare.work import SystemId
from core.errors import MetricError
from core.evaluation.comparison import Comparison, SystemScores, compare
from core.evaluation.registry import METRICS, QUICK_METRICS
from core.evaluation.statistics import STATISTICS, caption_statistics, words_in
from core.events import Event, Progress


@dataclass(frozen=True, slots=True)
class Scorable:
    """What can be scored fairly: clips that every one of `numbers` captioned.

    `captions` holds, by system, one caption a clip as metrics take it; `log_probs` the systems'
    own figures, None where unknown. `references` are empty where the clips have none.
    """

    numbers: tuple[int, ...]
    keys: tuple[str, ...]
    captions: tuple[tuple[str, ...], ...]
    references: tuple[tuple[str, ...], ...]

    @property
    def has_references(self) -> bool:
        """Whether there is anything to compare captions with."""
        return bool(self.references) and bool(self.references[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemsScored(Event):
    """Figures of the systems `numbers` over the same clips, as far as they are known.

    `comparison` is None while there is nothing to resample. `unavailable` says why a metric is
    not among the figures; `complete` that nothing more comes.
    """

    numbers: tuple[int, ...]
    scores: tuple[SystemScores, ...]
    comparison: Comparison | None
    unavailable: Mapping[str, str] = field(default_factory=dict)
    complete: bool = False


def scorable(rows: Sequence[ResultRow]) -> Scorable:
    """Return what compares fairly; a system without any caption does not hold up the others."""
    width = max((len(row.captions) for row in rows), default=0)
    numbers = tuple(n for n in range(width) if any(row.captions[n] for row in rows))
    whole = [row for row in rows if numbers and all(row.captions[n] for n in numbers)]
    known = [row for row in whole if row.clip.references]
    chosen = known or whole
    captions = tuple(
        tuple(told.hypothesis for row in chosen if (told := row.captions[n])) for n in numbers
    )
    return Scorable(
        numbers,
        tuple(row.clip.key for row in chosen),
        captions,
        tuple(row.clip.references for row in chosen),
    )


def score_systems(
    work: Scorable,
    systems: Sequence[SystemId],
    titles: Sequence[str],
    kept: Mapping[SystemId, SystemScores],
    metrics: Sequence[str] | None = None,
) -> Iterator[Event]:
    """Score each system, quick metrics first, then the others. Yields `SystemsScored`.

    `systems` and `titles` are by number; `kept` are scores of evaluations, used where they are of
    exactly these clips. `metrics` None is all. Raises `MetricError` when the process fails.
    """
    scores = {
        number: SystemScores(
            titles[number],
            work.keys,
            {"words_per_caption": np.array(words_in(captions))},
            {},
            caption_statistics(captions),
        )
        for number, captions in zip(work.numbers, work.captions, strict=True)
    }
    if not work.has_references:
        yield _found(work, scores, {}, complete=True)
        return
    ready = cut_scores(kept, work.keys)
    for number in work.numbers:
        if systems[number] in ready:
            scores[number] = replace(ready[systems[number]], title=titles[number])
    missing = [number for number in work.numbers if systems[number] not in ready]
    if not missing:
        yield _found(work, scores, {}, complete=True)
        return
    yield from _score(work, missing, scores, metrics)


def _score(
    work: Scorable,
    missing: Sequence[int],
    scores: dict[int, SystemScores],
    metrics: Sequence[str] | None,
) -> Iterator[Event]:
    from core.evaluation.evaluate import wait_for
    from core.evaluation.scorer import Scorer

    wanted = [name for name in metrics or METRICS if name not in STATISTICS]
    portions = [
        [name for name in wanted if name in QUICK_METRICS],
        [name for name in wanted if name not in QUICK_METRICS],
    ]
    portions = [portion for portion in portions if portion]
    unavailable: dict[str, str] = {}
    if not portions:
        yield _found(work, scores, unavailable, complete=True)
        return
    with Scorer() as scorer:
        for turn, portion in enumerate(portions):
            for number in missing:
                captions = work.captions[work.numbers.index(number)]
                request = scorer.submit(captions, work.references, portion)
                made = yield from wait_for(scorer, request)
                unavailable.update(made.unavailable)
                before = scores[number]
                per_clip = {name: np.array(figures) for name, figures in made.per_clip.items()}
                counts = {name: np.array(table) for name, table in made.counts.items()}
                scores[number] = replace(
                    before,
                    per_clip={**before.per_clip, **per_clip},
                    counts={**before.counts, **counts},
                    corpus={**before.corpus, **made.corpus},
                )
            yield Progress(phase="Resampling clips", done=0)
            yield _found(work, scores, unavailable, complete=turn == len(portions) - 1)


def _found(
    work: Scorable,
    scores: Mapping[int, SystemScores],
    unavailable: Mapping[str, str],
    complete: bool,
) -> SystemsScored:
    chosen = tuple(scores[number] for number in work.numbers)
    comparison = None
    if work.has_references:
        try:
            comparison = compare(chosen)
        except MetricError:
            # One clip alone cannot be resampled; the figures stand without intervals.
            comparison = None
    return SystemsScored(
        numbers=work.numbers,
        scores=chosen,
        comparison=comparison,
        unavailable=dict(unavailable),
        complete=complete,
    )
