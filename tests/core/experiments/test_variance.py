"""The test of two arms, on differences whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from core.experiments.variance import crossed_difference, seeds_needed

# Standard deviations between seeds, between clips and of the rest.
WORLDS = [(1.0, 0.0, 1.0), (0.0, 1.0, 1.0), (0.3, 3.0, 3.0), (1.0, 10.0, 3.0), (0.0, 0.0, 1.0)]


def drawn(
    generator: np.random.Generator, seeds: int, clips: int, world: tuple[float, float, float]
) -> np.ndarray:
    of_seeds, of_clips, rest = world
    return (
        of_seeds * generator.normal(size=(seeds, 1))
        + of_clips * generator.normal(size=(1, clips))
        + rest * generator.normal(size=(seeds, clips))
    )


@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize("world", WORLDS)
def test_intervals_hold_the_truth_as_often_as_they_say(
    seeds: int, world: tuple[float, float, float]
) -> None:
    """Over 300 experiments without a difference: 95 % hold zero, 5 % would be called one."""
    generator = np.random.default_rng(seeds)
    found = [crossed_difference(drawn(generator, seeds, 60, world)) for _ in range(300)]
    held = np.mean([one.interval.low <= 0 <= one.interval.high for one in found])
    false = np.mean([one.p_value < 0.05 for one in found])
    assert held >= 0.915
    assert held == pytest.approx(1 - false)
    if world != (0.0, 0.0, 1.0):  # Where nothing varies but the rest it is on the safe side.
        assert held <= 0.985


@pytest.mark.parametrize("confidence", [0.95, 0.8])
@pytest.mark.parametrize(("seeds", "clips"), [(2, 2), (3, 7), (5, 4)])
def test_the_interval_is_that_of_the_mean_squares_by_satterthwaite(
    seeds: int, clips: int, confidence: float
) -> None:
    generator = np.random.default_rng(seeds)
    smallest = np.inf
    for _ in range(20):
        table = drawn(generator, seeds, clips, (1.0, 1.0, 1.5))
        # Of every level's mean, as in any table of a two-way analysis of variance.
        mean = table.mean()
        between_seeds = sum(clips * (row.mean() - mean) ** 2 for row in table) / (seeds - 1)
        between_clips = sum(seeds * (column.mean() - mean) ** 2 for column in table.T) / (clips - 1)
        total = ((table - mean) ** 2).sum()
        rest = (total - between_seeds * (seeds - 1) - between_clips * (clips - 1)) / (
            (seeds - 1) * (clips - 1)
        )
        combined = max(between_seeds + between_clips - rest, between_seeds, between_clips)
        freedom = combined**2 / (
            between_seeds**2 / (seeds - 1)
            + between_clips**2 / (clips - 1)
            + rest**2 / ((seeds - 1) * (clips - 1))
        )
        smallest = min(smallest, freedom)
        freedom = max(1.0, freedom)
        error = np.sqrt(combined / (seeds * clips))
        found = crossed_difference(table, confidence)
        expected = stats.t.interval(confidence, freedom, mean, error)
        assert (found.interval.low, found.interval.high) == pytest.approx(expected)
        assert found.p_value == pytest.approx(2 * stats.t.sf(abs(mean) / error, freedom))
        assert found.rest_sd == pytest.approx(np.sqrt(rest))
        assert found.seed_sd == pytest.approx(np.sqrt(max(0, (between_seeds - rest) / clips)))
        assert found.clip_sd == pytest.approx(np.sqrt(max(0, (between_clips - rest) / seeds)))
    assert seeds > 2 or smallest < 1, "fewer than one degree of freedom counts as one"


def test_power_rises_with_seeds_and_with_clips() -> None:
    def power(seeds: int, clips: int) -> float:
        generator = np.random.default_rng(1)
        found = [
            crossed_difference(0.8 + drawn(generator, seeds, clips, (0.5, 3.0, 3.0)))
            for _ in range(100)
        ]
        return float(np.mean([one.shown for one in found]))

    few, more_clips, more_seeds = power(3, 40), power(3, 400), power(8, 400)
    assert few < more_clips < more_seeds
    assert more_seeds > 0.8


def test_the_needed_seeds_do_show_it() -> None:
    """With the asked number of seeds about four of five experiments show the difference."""
    needed = seeds_needed(0.5, (0.25, 1.0, 1.0), 400)
    assert needed is not None
    generator = np.random.default_rng(2)
    world = (0.5, 1.0, 1.0)
    found = [crossed_difference(0.5 + drawn(generator, needed, 400, world)) for _ in range(300)]
    assert np.mean([one.shown for one in found]) == pytest.approx(0.8, abs=0.07)
    assert seeds_needed(0.01, (0.25, 1.0, 1.0), 400) is None
    assert seeds_needed(0.2, (0.25, 1.0, 1.0), 400) > needed  # type: ignore[operator]


@pytest.mark.parametrize("difference", [0.6, 1.0, 30.0])
def test_the_needed_seeds_are_the_fewest(difference: float) -> None:
    parts, clips = (0.25, 2.0, 3.0), 50
    needed = seeds_needed(difference, parts, clips)
    assert needed is not None

    def enough(seeds: int) -> bool:
        squares = clips * parts[0] + parts[2], seeds * parts[1] + parts[2], parts[2]
        combined = squares[0] + squares[1] - squares[2]
        freedom = combined**2 / (
            squares[0] ** 2 / (seeds - 1)
            + squares[1] ** 2 / (clips - 1)
            + squares[2] ** 2 / ((seeds - 1) * (clips - 1))
        )
        quantiles = stats.t.ppf(0.975, freedom) + stats.t.ppf(0.8, freedom)
        return bool(difference >= quantiles * np.sqrt(combined / (seeds * clips)))

    assert enough(needed)
    assert needed == 2 or not enough(needed - 1)


def test_over_one_clip_the_needed_seeds_are_those_of_students_test() -> None:
    values = np.array([0.2, 0.9, 0.4, 1.3, 0.1])
    needed = crossed_difference(values[:, None]).seeds_needed
    assert needed is not None

    def enough(seeds: int) -> bool:
        quantiles = stats.t.ppf(0.975, seeds - 1) + stats.t.ppf(0.8, seeds - 1)
        return bool(values.mean() >= quantiles * values.std(ddof=1) / np.sqrt(seeds))

    assert enough(needed)
    assert not enough(needed - 1)


def test_spread_of_a_single_seed_is_that_of_its_clips() -> None:
    values = np.array([0.2, 0.9, 0.4])
    over_clips, over_seeds = (
        crossed_difference(values[None, :]),
        crossed_difference(values[:, None]),
    )
    spread = pytest.approx(values.std(ddof=1))
    assert (over_clips.seed_sd, over_clips.clip_sd, over_clips.seeds_needed) == (None, spread, None)
    assert (over_seeds.seed_sd, over_seeds.clip_sd) == (spread, None)


def test_parts_of_the_variation_are_found() -> None:
    found = crossed_difference(drawn(np.random.default_rng(3), 60, 400, (0.5, 2.0, 1.0)))
    assert found.seed_sd == pytest.approx(0.5, rel=0.25)
    assert found.clip_sd == pytest.approx(2.0, rel=0.1)
    assert found.rest_sd == pytest.approx(1.0, rel=0.05)


def test_one_source_alone_is_students_test() -> None:
    values = np.random.default_rng(4).normal(0.5, 1, 9)
    expected = stats.ttest_1samp(values, 0)
    for table in (values[:, None], values[None, :]):
        found = crossed_difference(table)
        assert found.p_value == pytest.approx(expected.pvalue)
        low, high = expected.confidence_interval(0.95)
        assert (found.interval.low, found.interval.high) == pytest.approx((low, high))
    assert not crossed_difference(5 + values[None, :]).shown, "one seed shows nothing"


def test_clips_that_do_not_vary_leave_students_test_over_seeds() -> None:
    of_seeds = np.random.default_rng(5).normal(0.5, 1, 6)
    found = crossed_difference(np.repeat(of_seeds[:, None], 50, axis=1))
    assert found.p_value == pytest.approx(stats.ttest_1samp(of_seeds, 0).pvalue, rel=1e-6)


def test_no_variation_at_all() -> None:
    same = crossed_difference(np.zeros((3, 4)))
    assert (same.p_value, same.shown, same.seeds_needed) == (1.0, False, None)
    sure = crossed_difference(np.ones((3, 4)))
    assert (sure.p_value, sure.shown) == (0.0, True)
    with pytest.raises(ValueError, match="says nothing"):
        crossed_difference(np.ones((1, 1)))
