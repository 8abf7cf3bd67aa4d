from __future__ import annotations

import numpy as np
import pytest

from app.widgets.pyramid import Pyramid


def filled(values: np.ndarray, portion: int) -> Pyramid:
    pyramid = Pyramid()
    for start in range(0, values.size, portion):
        pyramid.extend(values[start : start + portion])
    return pyramid


@pytest.mark.parametrize("count", [1, 3, 4, 100, 1000, 12345])
@pytest.mark.parametrize("portion", [1, 7, 997, 20_000])
def test_an_envelope_holds_the_extremes_of_every_stretch(count: int, portion: int) -> None:
    generator = np.random.default_rng(count)
    values = generator.normal(size=count)
    values[generator.random(count) < 0.1] = np.nan
    values[generator.random(count) < 0.01] = np.inf
    pyramid = filled(values, portion)
    known = np.where(np.isfinite(values), values, np.nan)
    for first, last, most in ((0, count, 50), (0, count, 900), (count // 3, count, 20)):
        index, low, high = pyramid.envelope(first, last, most)
        assert index.size <= 2 * most + 2
        assert index[0] <= first and np.all(np.diff(index) > 0)
        ends = np.append(index[1:], last)
        for begin, end, lowest, highest in zip(index, ends, low, high, strict=True):
            stretch = known[begin:end]
            if np.isnan(stretch).all():
                assert np.isnan(lowest) and np.isnan(highest)
            else:
                assert (lowest, highest) == (np.nanmin(stretch), np.nanmax(stretch))


def test_few_points_are_themselves() -> None:
    pyramid = filled(np.arange(100.0), 30)
    index, low, high = pyramid.envelope(20, 50, 100)
    assert index.tolist() == list(range(20, 50))
    assert low.tolist() == high.tolist() == [float(value) for value in range(20, 50)]
    assert (pyramid.low, pyramid.high) == (0.0, 99.0)


def test_nothing_is_nothing() -> None:
    pyramid = Pyramid()
    pyramid.extend(np.empty(0))
    index, low, _ = pyramid.envelope(0, 10, 5)
    assert index.size == 0 and low.size == 0 and np.isnan(pyramid.low)
