"""Resampling over clips, on data whose truth is known and against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from core.errors import MetricError
from core.evaluation import SystemScores, compare
from core.evaluation.bleu import bleu_scores
from core.evaluation.meteor import meteor_score


def system(
    title: str, values: np.ndarray, counts: dict[str, np.ndarray] | None = None
) -> SystemScores:
    clips = tuple(f"{number}.wav" for number in range(len(values)))
    return SystemScores(title, clips, {"cider_d": values}, counts or {})


def bleu_table(generator: np.random.Generator, clips: int, chance: float) -> np.ndarray:
    lengths = generator.integers(8, 14, clips)
    totals = np.stack([lengths - order for order in range(4)], axis=1)
    matches = generator.binomial(totals, chance ** np.arange(1, 5))
    return np.column_stack([matches, totals, lengths, lengths + 1]).astype(float)


def test_intervals_and_p_values_are_scipys() -> None:
    generator = np.random.default_rng(0)
    one = generator.gamma(2, 0.2, 80)
    two = one + generator.normal(0.03, 0.1, 80)
    found = compare([system("A", one), system("B", two)], resamples=10_000)
    boot = stats.bootstrap(
        (one,), np.mean, n_resamples=10_000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    interval = found.intervals[0, "cider_d"]
    assert interval.value == pytest.approx(one.mean())
    assert (interval.low, interval.high) == pytest.approx((boot.low, boot.high), abs=0.004)
    difference = found.difference("cider_d", 0, 1)
    assert difference is not None
    assert difference.interval.value == pytest.approx((two - one).mean())
    paired = stats.bootstrap(
        (two - one,), np.mean, n_resamples=10_000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    ends = (difference.interval.low, difference.interval.high)
    assert ends == pytest.approx((paired.low, paired.high), abs=0.002)
    test = stats.permutation_test(
        (two, one),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        n_resamples=10_000,
        rng=np.random.default_rng(1),
    )
    assert difference.p_randomisation == pytest.approx(test.pvalue, abs=0.005)
    assert difference.p_bootstrap == pytest.approx(test.pvalue, abs=0.02)


def test_intervals_hold_the_truth_and_chance_is_seldom_called_a_difference() -> None:
    generator = np.random.default_rng(1)
    held = false = random_false = 0
    for number in range(200):
        shared = generator.gamma(2, 0.2, 100)
        pair = [system(name, shared + generator.normal(0, 0.2, 100)) for name in "AB"]
        found = compare(pair, resamples=400, seed=number)
        interval, between = found.intervals[0, "cider_d"], found.differences[0]
        held += interval.low <= 0.4 <= interval.high
        false += between.shown
        random_false += between.p_randomisation < 0.05
    assert held / 200 == pytest.approx(0.95, abs=0.035)
    assert false / 200 == pytest.approx(0.05, abs=0.035)
    assert random_false / 200 == pytest.approx(0.05, abs=0.035)


def test_power_rises_with_the_clips() -> None:
    def power(clips: int) -> float:
        generator = np.random.default_rng(2)
        shown = 0
        for number in range(60):
            shared = generator.gamma(2, 0.2, clips)
            pair = [
                system("A", shared + generator.normal(0, 0.2, clips)),
                system("B", shared + generator.normal(0.05, 0.2, clips)),
            ]
            shown += compare(pair, resamples=300, seed=number).differences[0].shown
        return shown / 60

    assert power(40) < power(160) < power(640)


def test_scores_of_counts_are_computed_anew_in_every_resample() -> None:
    """The slow way, one resample after the other, gives the same as the fast one."""
    generator = np.random.default_rng(3)
    tables = [bleu_table(generator, 50, chance) for chance in (0.6, 0.7)]
    pair = [
        system(name, np.full(50, 0.5), {"bleu": table})
        for name, table in zip("AB", tables, strict=True)
    ]
    found = compare(pair, resamples=2000, seed=5)
    draws = np.random.default_rng(5)
    slow = []
    for _ in range(4):
        rows = draws.integers(0, 50, (500, 50), dtype=np.int32)
        slow += [bleu_scores(tables[0][row].sum(0))[3] for row in rows]
    low, high = np.percentile(slow, [2.5, 97.5])
    interval = found.intervals[0, "bleu_4"]
    assert interval.value == pytest.approx(bleu_scores(tables[0].sum(0))[3])
    assert (interval.low, interval.high) == pytest.approx((low, high))
    between = found.difference("bleu_4", 0, 1)
    assert between is not None
    assert between.shown
    assert between.p_randomisation < 0.01
    assert found.metrics == ("cider_d", "bleu_1", "bleu_2", "bleu_3", "bleu_4")


def test_the_same_system_twice_differs_in_nothing() -> None:
    generator = np.random.default_rng(4)
    meteor = np.abs(generator.normal(3, 1, (30, 23)))
    counts = {"bleu": bleu_table(generator, 30, 0.6), "meteor": meteor}
    twin = system("A", generator.random(30), counts)
    found = compare([twin, twin], resamples=300)
    for one in found.differences:
        assert (one.interval.value, one.interval.low, one.interval.high) == (0, 0, 0)
        assert not one.shown
        assert (one.p_bootstrap, one.p_randomisation) == (1, 1)
    assert found.intervals[1, "meteor"].value == pytest.approx(meteor_score(meteor.sum(0)))


def test_intervals_are_as_wide_as_the_confidence_asks() -> None:
    values = np.random.default_rng(7).normal(size=60)
    widths = []
    for confidence in (0.5, 0.95):
        found = compare([system("A", values), system("B", 2 * values)], confidence=confidence)
        quantile = stats.norm.ppf((1 + confidence) / 2) * values.std() / np.sqrt(60)
        for interval in (found.intervals[0, "cider_d"], found.differences[0].interval):
            assert interval.high - interval.low == pytest.approx(2 * quantile, rel=0.05)
        widths.append(found.intervals[0, "cider_d"].high)
    assert widths[0] < widths[1]


def test_a_p_value_is_never_zero() -> None:
    generator = np.random.default_rng(5)
    one = generator.random(50)
    (found,) = compare([system("A", one), system("B", one + 1)], resamples=99).differences
    assert found.p_randomisation == pytest.approx(1 / 100)
    assert found.p_bootstrap == pytest.approx(2 / 100)


def test_ties_are_ties_whatever_the_rounding() -> None:
    """Two clips are equal, so 2 of the 16 ways to swap the others reach what is observed."""
    one = np.array([0.55, 0.93, 0.27, 0.81, 0.67, 0.0])
    two = one + np.array([0.1, 0.2, 0.3, 0.4, 0.0, 0.0])
    (found,) = compare([system("A", one), system("B", two)], resamples=2000).differences
    assert found.p_randomisation == pytest.approx(2 / 16, abs=0.03)


def test_only_shared_clips_and_shared_metrics_count() -> None:
    one = SystemScores("A", ("a", "b", "c"), {"cider_d": np.array([1.0, 2, 3])})
    two = SystemScores(
        "B", ("c", "x", "b"), {"cider_d": np.array([6.0, 0, 4]), "fense": np.array([0.1, 0.2, 0.3])}
    )
    found = compare([one, two], resamples=200)
    assert found.clips == ("b", "c")
    assert found.metrics == ("cider_d",)
    assert found.differences[0].interval.value == pytest.approx(2.5)
    assert found.titles == ("A", "B")
    assert compare([one, two], resamples=200) == found
    assert compare([one], resamples=200).differences == ()
    assert found.difference("fense", 0, 1) is None
    with pytest.raises(MetricError, match="fewer than two clips in common"):
        compare([one, SystemScores("C", ("c",), {"cider_d": np.array([1.0])})])
