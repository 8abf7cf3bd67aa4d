"""Is one arm better than another? Seeds and clips are two sources of variation, and both count.

The same seeds and the same clips are used in both arms, so what is looked at is the difference of
each seed on each clip. Its mean varies with the seeds that were drawn, with the clips that were
drawn, and with what is left (a two-way crossed random-effects layout; Cochran 1951, and
Satterthwaite 1946 for the degrees of freedom of the combined mean square).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluation.intervals import CONFIDENCE, Interval

POWER = 0.8
MOST_SEEDS = 1000
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean difference with its interval and what it varies with.

    `seed_sd`, `clip_sd` and `rest_sd` are standard deviations of the differences between seeds,
    between clips, and of one seed on one clip beyond both; None where they cannot be told apart.
    `seeds_needed` is about how many seeds would show a difference of this size in four of five
    experiments; None where no number of seeds would, or nobody can tell.
    """

    interval: Interval
    p_value: float
    seeds: int
    clips: int
    seed_sd: float | None = None
    clip_sd: float | None = None
    rest_sd: float | None = None
    seeds_needed: int | None = None

    @property
    def shown(self) -> bool:
        """Whether the interval leaves zero out, and more than one seed was looked at."""
        return self.seeds > 1 and self.interval.excludes_zero


def crossed_difference(differences: Array, confidence: float = CONFIDENCE) -> Difference:
    """Judge the mean of differences (S, C) of S seeds on C clips.

    One seed gives an interval over clips alone, one clip one over seeds alone. Raises `ValueError`
    when there is neither a second seed nor a second clip.
    """
    table = np.asarray(differences, dtype=float)
    seeds, clips = table.shape
    if seeds < 2 or clips < 2:
        return _one_way(table.ravel(), seeds, clips, confidence)
    mean = float(table.mean())
    of_seeds, of_clips = table.mean(axis=1), table.mean(axis=0)
    seed_square = clips * float(of_seeds.var(ddof=1))
    clip_square = seeds * float(of_clips.var(ddof=1))
    rest = table - of_seeds[:, None] - of_clips[None, :] + mean
    rest_square = float((rest**2).sum()) / ((seeds - 1) * (clips - 1))
    squares = (seed_square, clip_square, rest_square)
    variance, freedom = _of_mean(squares, seeds, clips)
    interval, p_value = _student(mean, float(variance), float(freedom), confidence)
    seed_part = max(0.0, (seed_square - rest_square) / clips)
    clip_part = max(0.0, (clip_square - rest_square) / seeds)
    parts = (seed_part, clip_part, rest_square)
    return Difference(
        interval,
        p_value,
        seeds,
        clips,
        math.sqrt(seed_part),
        math.sqrt(clip_part),
        math.sqrt(rest_square),
        seeds_needed(mean, parts, clips, confidence),
    )


def seeds_needed(
    difference: float,
    parts: tuple[float, float, float],
    clips: int,
    confidence: float = CONFIDENCE,
    power: float = POWER,
) -> int | None:
    """Return the fewest seeds that show a difference of this size with the asked power.

    `parts` are the variances between seeds, between clips and of the rest. None where more than
    `MOST_SEEDS` would be needed: then more clips are.
    """
    seeds = np.arange(2, MOST_SEEDS + 1, dtype=float)
    squares = (clips * parts[0] + parts[2], seeds * parts[1] + parts[2], parts[2])
    variance, freedom = _of_mean(squares, seeds, clips)
    return _first_shown(difference, np.sqrt(variance), freedom, confidence, power)


def _first_shown(
    difference: float, errors: Array, freedom: Array, confidence: float, power: float
) -> int | None:
    """Return the first number of seeds, from 2, whose standard error is small enough."""
    from scipy.special import stdtrit

    if difference == 0:
        return None
    both = stdtrit(freedom, (1 + confidence) / 2) + stdtrit(freedom, power)
    enough = np.flatnonzero(abs(difference) >= both * errors)
    return int(enough[0]) + 2 if len(enough) else None


def _of_mean(squares: tuple[Any, Any, Any], seeds: Any, clips: int) -> tuple[Any, Any]:
    """Return the variance of the mean and its degrees of freedom, from the mean squares.

    Works on figures and on arrays of them alike.
    """
    seed_square, clip_square, rest_square = squares
    combined = seed_square + clip_square - rest_square
    # Chance may make the rest look larger than what holds it; the mean is never surer than either.
    combined = np.maximum(combined, np.maximum(seed_square, clip_square))
    below = (
        seed_square**2 / (seeds - 1)
        + clip_square**2 / (clips - 1)
        + rest_square**2 / ((seeds - 1) * (clips - 1))
    )
    freedom = np.where(below > 0, combined**2 / np.where(below > 0, below, 1.0), 1e6)
    return combined / (seeds * clips), np.clip(freedom, 1.0, 1e6)


def _student(
    mean: float, variance: float, freedom: float, confidence: float
) -> tuple[Interval, float]:
    from scipy.special import stdtr, stdtrit

    error = math.sqrt(variance)
    width = float(stdtrit(freedom, (1 + confidence) / 2)) * error
    if error == 0:
        p_value = 1.0 if mean == 0 else 0.0
    else:
        p_value = float(2 * stdtr(freedom, -abs(mean) / error))
    return Interval(mean, mean - width, mean + width), p_value


def _one_way(values: Array, seeds: int, clips: int, confidence: float) -> Difference:
    if len(values) < 2:
        raise ValueError("one seed on one clip says nothing about any other")
    spread = float(values.std(ddof=1))
    interval, p_value = _student(
        float(values.mean()), spread**2 / len(values), len(values) - 1, confidence
    )
    over_seeds = seeds > 1
    needed = None
    if over_seeds:
        needed = _seeds_of_one_way(float(values.mean()), spread, confidence)
    return Difference(
        interval,
        p_value,
        seeds,
        clips,
        spread if over_seeds else None,
        None if over_seeds else spread,
        None,
        needed,
    )


def _seeds_of_one_way(mean: float, spread: float, confidence: float) -> int | None:
    seeds = np.arange(2, MOST_SEEDS + 1, dtype=float)
    return _first_shown(mean, spread / np.sqrt(seeds), seeds - 1, confidence, POWER)
