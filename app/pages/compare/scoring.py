"""Scores of the systems over the clips that all of them captioned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import wait
from dataclasses import dataclass, field
from statistics import fmean

import numpy as np

from app.pages.compare.results import ResultRow
from core.events import Event, Progress

RESAMPLES = 2000
MAIN_METRIC = "cider_d"


@dataclass(frozen=True, slots=True)
class ScoredClip:
    """A clip that every system captioned: the captions by system, and the references."""

    key: str
    captions: tuple[str, ...]
    log_probs: tuple[float, ...]
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemScored(Event):
    """Figures of one system (a number from 0); `per_clip` is its CIDEr-D by clip key."""

    system: int
    corpus: dict[str, float]
    unavailable: dict[str, str]
    per_clip: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceScored(Event):
    """Mean CIDEr-D of `system` minus that of the first one, with a 95 % interval over clips."""

    system: int
    mean: float
    low: float
    high: float


def scorable(rows: Sequence[ResultRow]) -> list[ScoredClip]:
    """Return the rows with references that all systems captioned: only these compare fairly."""
    clips = []
    for row in rows:
        captions = [caption for caption in row.captions if caption is not None]
        # Rows may be there before any system is chosen.
        if row.clip.references and captions and len(captions) == len(row.captions):
            clips.append(
                ScoredClip(
                    row.clip.key,
                    tuple(caption.hypothesis for caption in captions),
                    tuple(caption.log_prob for caption in captions),
                    row.clip.references,
                )
            )
    return clips


def score_systems(clips: Sequence[ScoredClip], systems: int) -> Iterator[Event]:
    """Score each system against the references. Yields `Progress` and `SystemScored`.

    Raises `MetricError` when the metrics process fails.
    """
    from core.evaluation import Scorer

    with Scorer() as scorer:
        first: Sequence[float] = []
        references = [clip.references for clip in clips]
        for system in range(systems):
            reply = scorer.submit([clip.captions[system] for clip in clips], references)
            yield Progress(phase="Scoring", done=system, total=systems)
            while not reply.done():
                yield Progress(phase="Scoring", done=system, total=systems)
                wait([reply], timeout=0.1)
            scores = reply.result()
            corpus = dict(scores.corpus)
            corpus["log_prob"] = fmean(clip.log_probs[system] for clip in clips)
            figures = scores.per_clip.get(MAIN_METRIC, [])
            per_clip = {clip.key: value for clip, value in zip(clips, figures, strict=False)}
            yield SystemScored(
                system=system,
                corpus=corpus,
                unavailable=dict(scores.unavailable),
                per_clip=per_clip,
            )
            if system == 0:
                first = figures
            elif figures and first:
                yield paired_difference(system, figures, first)


def paired_difference(
    system: int, figures: Sequence[float], first: Sequence[float]
) -> DifferenceScored:
    """Bootstrap the mean difference over clips (percentile interval, Efron 1979), repeatably."""
    differences = np.asarray(figures) - np.asarray(first)
    generator = np.random.default_rng(0)
    draws = generator.integers(0, len(differences), (RESAMPLES, len(differences)))
    low, high = np.percentile(differences[draws].mean(axis=1), [2.5, 97.5])
    return DifferenceScored(
        system=system, mean=float(differences.mean()), low=float(low), high=float(high)
    )
