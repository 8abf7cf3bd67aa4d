"""Confidence intervals and p-values of systems and their differences, by resampling clips.

Intervals are percentiles of the bootstrap over clips (Efron 1979), those of differences of the
paired bootstrap: every resample holds the same clips for all systems. p-values come from the same
resamples and from approximate randomisation (Noreen 1989), which swaps the two systems' captions of
each clip at random.

A resample's CIDEr-D is the mean over its clips, with the document frequencies of the whole set;
BLEU and METEOR are computed anew from the summed counts of each resample. Vocabulary and distinct
captions grow with the number of different clips, of which a resample has fewer: they get no
interval.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.errors import MetricError
from core.evaluation.bleu import bleu_scores
from core.evaluation.intervals import CONFIDENCE, Interval
from core.evaluation.meteor import meteor_score
from core.evaluation.registry import METRICS

RESAMPLES = 10_000
_PORTION = 500  # resamples at a time, whose weights fit into the processor's cache
_BLEU = ("bleu_1", "bleu_2", "bleu_3", "bleu_4")
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SystemScores:
    """One system on N clips: metrics per clip (N,), counts per clip (N, C), and of the corpus.

    `per_clip` and `corpus` are by metric; `counts` holds "bleu" (C = 10) and "meteor" (C = 23).
    """

    title: str
    clips: tuple[str, ...]
    per_clip: Mapping[str, Array] = field(default_factory=dict)
    counts: Mapping[str, Array] = field(default_factory=dict)
    corpus: Mapping[str, float] = field(default_factory=dict)

    def cut_to(self, clips: Sequence[str]) -> SystemScores:
        """Return the system on some of its clips, in the order given; `corpus` is unchanged."""
        places = {clip: row for row, clip in enumerate(self.clips)}
        rows = np.array([places[clip] for clip in clips], dtype=int)
        return SystemScores(
            self.title,
            tuple(clips),
            {name: np.asarray(values)[rows] for name, values in self.per_clip.items()},
            {name: np.asarray(table)[rows] for name, table in self.counts.items()},
            self.corpus,
        )


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """System number `second` minus number `first` in one metric, over the same clips.

    `p_bootstrap` and `p_randomisation` are two-sided.
    """

    metric: str
    first: int
    second: int
    interval: Interval
    p_bootstrap: float
    p_randomisation: float

    @property
    def shown(self) -> bool:
        """Whether the interval excludes zero, for these checkpoints on clips like these."""
        return self.interval.excludes_zero


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison of systems on the clips they share.

    `intervals` is by system number and metric; the value of each is that over the shared clips.
    """

    titles: tuple[str, ...]
    clips: tuple[str, ...]
    metrics: tuple[str, ...]
    intervals: Mapping[tuple[int, str], Interval]
    differences: tuple[PairedDifference, ...]

    def difference(self, metric: str, first: int, second: int) -> PairedDifference | None:
        """Return `second` minus `first`, for first < second; None if the metric has no interval."""
        for one in self.differences:
            if one.metric == metric and (one.first, one.second) == (first, second):
                return one
        return None


def compare(
    systems: Sequence[SystemScores],
    *,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> Comparison:
    """Compare systems on the clips that all of them have; deterministic for a `seed`.

    `confidence` is that of all intervals. Raises `MetricError` when the systems share fewer than
    two clips.
    """
    shared = _shared_clips(systems)
    if len(shared) < 2:
        raise MetricError(
            "The systems have fewer than two clips in common; score them on the same split."
        )
    table = _Table([system.cut_to(shared) for system in systems])
    pairs = list(combinations(range(len(systems)), 2))
    observed = table.scores(table.sums, len(shared))
    found = np.concatenate(
        [table.resampled(weights) for weights in _weights(len(shared), resamples, seed)]
    )
    tails = [50 * (1 - confidence), 50 * (1 + confidence)]
    low, high = np.percentile(found, tails, axis=0) if table.metrics else (observed, observed)
    intervals = {
        (system, metric): Interval(
            float(observed[system, column]), float(low[system, column]), float(high[system, column])
        )
        for system in range(len(systems))
        for column, metric in enumerate(table.metrics)
    }
    p_values = _randomised(table, pairs, observed, resamples, seed + 1) if pairs else {}
    differences = []
    for first, second in pairs if table.metrics else []:
        between = found[:, second] - found[:, first]
        low, high = np.percentile(between, tails, axis=0)
        for column, metric in enumerate(table.metrics):
            interval = Interval(
                float(observed[second, column] - observed[first, column]),
                float(low[column]),
                float(high[column]),
            )
            differences.append(
                PairedDifference(
                    metric,
                    first,
                    second,
                    interval,
                    _two_sided(between[:, column]),
                    float(p_values[first, second][column]),
                )
            )
    titles = tuple(system.title for system in systems)
    return Comparison(titles, shared, table.metrics, intervals, tuple(differences))


class _Table:
    """The per-clip values of all systems as one array (S, N, K), and metrics from their sums."""

    def __init__(self, systems: Sequence[SystemScores]) -> None:
        names = [name for name in METRICS if all(name in one.per_clip for one in systems)]
        self._means = [name for name in names if METRICS[name].mean]
        self._bleu = all("bleu" in one.counts for one in systems)
        self._meteor = all("meteor" in one.counts for one in systems)
        parts = [
            [np.asarray(one.per_clip[name], dtype=float)[:, None] for name in self._means]
            + ([np.asarray(one.counts["bleu"], dtype=float)] if self._bleu else [])
            + ([np.asarray(one.counts["meteor"], dtype=float)] if self._meteor else [])
            for one in systems
        ]
        clips = len(systems[0].clips)
        self.values: Array = np.stack(
            [np.concatenate(part, axis=1) if part else np.zeros((clips, 0)) for part in parts]
        )
        have = set(self._means) | (set(_BLEU) if self._bleu else set())
        have |= {"meteor"} if self._meteor else set()
        self.metrics = tuple(name for name in METRICS if name in have)
        order = [*self._means, *(_BLEU if self._bleu else ()), *(["meteor"] * self._meteor)]
        self._places = [order.index(name) for name in self.metrics]
        self.sums: Array = self.values.sum(axis=1)

    def scores(self, sums: Array, clips: int) -> Array:
        """Return the metrics, (..., M), of sums (..., K) over that many clips."""
        width = len(self._means)
        parts = [sums[..., :width] / clips]
        if self._bleu:
            parts.append(bleu_scores(sums[..., width : width + 10]))
            width += 10
        if self._meteor:
            parts.append(meteor_score(sums[..., width:])[..., None])
        return np.concatenate(parts, axis=-1)[..., self._places]

    def resampled(self, weights: Array) -> Array:
        """Return the metrics (R, S, M) of R resamples; `weights` (R, N) counts draws."""
        systems, clips, columns = self.values.shape
        flat = self.values.transpose(1, 0, 2).reshape(clips, systems * columns)
        return self.scores((weights @ flat).reshape(len(weights), systems, columns), clips)


def _shared_clips(systems: Sequence[SystemScores]) -> tuple[str, ...]:
    if not systems:
        return ()
    common = set.intersection(*(set(system.clips) for system in systems))
    return tuple(clip for clip in systems[0].clips if clip in common)


def _weights(clips: int, resamples: int, seed: int) -> Iterator[Array]:
    """Yield how often each of N clips is drawn in R resamples, (R, N), a portion at a time."""
    generator = np.random.default_rng(seed)
    for start in range(0, resamples, _PORTION):
        size = min(_PORTION, resamples - start)
        draws = generator.integers(0, clips, (size, clips), dtype=np.int32)
        draws += np.arange(size, dtype=np.int32)[:, None] * clips
        yield np.bincount(draws.ravel(), minlength=size * clips).reshape(size, clips).astype(float)


def _randomised(
    table: _Table,
    pairs: Sequence[tuple[int, int]],
    observed: Array,
    resamples: int,
    seed: int,
) -> dict[tuple[int, int], Array]:
    """Return two-sided p-values of approximate randomisation, (M,) by pair."""
    firsts, seconds = (list(side) for side in zip(*pairs, strict=True))
    half = (table.values[seconds] - table.values[firsts]) / 2
    middle = (table.sums[seconds] + table.sums[firsts]) / 2
    _, clips, columns = half.shape
    flat = half.transpose(1, 0, 2).reshape(clips, len(pairs) * columns)
    actual = np.abs(observed[seconds] - observed[firsts])
    # A tolerance for rounding, since otherwise the last bit would decide an exact tie.
    limit = actual - 1e-12 - 1e-9 * actual
    reached = np.zeros_like(actual)
    generator = np.random.default_rng(seed)
    for start in range(0, resamples, _PORTION):
        size = min(_PORTION, resamples - start)
        signs = generator.integers(0, 2, (size, clips), dtype=np.int8) * 2.0 - 1.0
        shift = (signs @ flat).reshape(size, len(pairs), columns)
        between = table.scores(middle + shift, clips) - table.scores(middle - shift, clips)
        reached += (np.abs(between) >= limit).sum(axis=0)
    found = (reached + 1) / (resamples + 1)
    return {pair: found[number] for number, pair in enumerate(pairs)}


def _two_sided(differences: Array) -> float:
    """Return the bootstrap's two-sided p-value of a difference of zero."""
    draws = len(differences)
    below, above = int((differences <= 0).sum()), int((differences >= 0).sum())
    return min(1.0, 2 * (min(below, above) + 1) / (draws + 1))
