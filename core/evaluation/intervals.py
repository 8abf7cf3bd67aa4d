"""Closed-form confidence intervals: of a mean of few values, and of a proportion."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev
from typing import Literal

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and its confidence interval."""

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside."""
        return self.low > 0 or self.high < 0


def t_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval | None:
    """Return Student's interval of the mean; None for fewer than two values."""
    if len(values) < 2:
        return None
    from scipy.special import stdtrit

    mean, error = fmean(values), stdev(values) / math.sqrt(len(values))
    width = float(stdtrit(len(values) - 1, (1 + confidence) / 2)) * error
    return Interval(mean, mean - width, mean + width)


def binomial_interval(
    successes: int,
    trials: int,
    confidence: float = CONFIDENCE,
    method: Literal["wilson", "exact"] = "wilson",
) -> Interval:
    """Return the confidence interval of a proportion.

    "wilson" (Wilson 1927) has the nominal coverage on average; "exact" (Clopper and Pearson 1934)
    has at least that and is wider. No trials give 0 to 1, with NaN as the estimate. Raises
    `ValueError` for impossible counts.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes in {trials} trials are impossible")
    if trials == 0:
        return Interval(math.nan, 0.0, 1.0)
    share, tail = successes / trials, (1 - confidence) / 2
    if method == "exact":
        from scipy.special import betaincinv

        low = float(betaincinv(successes, trials - successes + 1, tail)) if successes else 0.0
        missing = trials - successes
        high = float(betaincinv(successes + 1, missing, 1 - tail)) if missing else 1.0
        return Interval(share, low, high)
    z = NormalDist().inv_cdf(1 - tail)
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    inner = share * (1 - share) / trials + z * z / (4 * trials * trials)
    width = z * math.sqrt(inner) / (1 + z * z / trials)
    return Interval(share, max(0.0, centre - width), min(1.0, centre + width))


def sign_test(successes: int, trials: int) -> float:
    """Return the two-sided p-value of a proportion against one half (exact binomial test)."""
    if trials == 0:
        return 1.0
    rarer = min(successes, trials - successes)
    below = sum(math.comb(trials, count) for count in range(rarer + 1))
    return min(1.0, 2 * below / 2**trials)
