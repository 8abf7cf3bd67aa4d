from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from core.evaluation.intervals import binomial_interval, sign_test, t_interval


@pytest.mark.parametrize(("wins", "trials"), [(0, 1), (0, 10), (3, 10), (10, 10), (60, 100)])
def test_shares_as_scipy_has_them(wins: int, trials: int) -> None:
    test = stats.binomtest(wins, trials)
    for method, theirs in (("wilson", "wilson"), ("exact", "exact")):
        ends = test.proportion_ci(0.95, method=theirs)
        found = binomial_interval(wins, trials, method=method)  # type: ignore[arg-type]
        assert (found.low, found.high) == pytest.approx((ends.low, ends.high), abs=1e-9)
        assert found.value == wins / trials
    assert sign_test(wins, trials) == pytest.approx(test.pvalue)


def test_no_trials_and_impossible_ones() -> None:
    nothing = binomial_interval(0, 0)
    assert (nothing.low, nothing.high) == (0, 1)
    assert sign_test(0, 0) == 1
    with pytest.raises(ValueError, match="impossible"):
        binomial_interval(3, 2)


def test_students_interval() -> None:
    values = [0.2, 0.5, 0.9]
    found = t_interval(values)
    assert found is not None
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.value == pytest.approx(np.mean(values))
    assert not found.excludes_zero
    assert t_interval([1.0]) is None
