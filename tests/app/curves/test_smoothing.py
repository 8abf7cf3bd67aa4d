from __future__ import annotations

import math

import numpy as np
import pytest

from app.curves.smoothing import Floats, Smoother


def tensorboard(values: list[float], weight: float) -> list[float]:
    """The recursion as TensorBoard's charts state it, one value at a time."""
    if all(value == values[0] for value in values):
        return values
    last, count, result = 0.0, 0, []
    for value in values:
        if not math.isfinite(value):
            result.append(value)
            continue
        last = last * weight + (1 - weight) * value
        count += 1
        result.append(last / (1 - weight**count))
    return result


def smooth(values: Floats, weight: float) -> Floats:
    return Smoother(weight).push(values)


@pytest.mark.parametrize("weight", [0.1, 0.6, 0.9, 0.99, 0.999])
@pytest.mark.parametrize("count", [1, 2, 127, 128, 129, 1000])
def test_smoothing_is_that_of_tensorboard(weight: float, count: int) -> None:
    values = np.random.default_rng(count).normal(3, 1, count)
    values[::7] = np.nan
    values[3:4] = np.inf
    expected = tensorboard(values.tolist(), weight)
    np.testing.assert_allclose(smooth(values, weight), expected, rtol=1e-9)


def test_no_smoothing_and_constant_series_change_nothing() -> None:
    values = np.array([1.0, 5.0, 2.0])
    assert smooth(values, 0.0).tolist() == values.tolist()
    assert smooth(np.full(300, 0.1), 0.9).tolist() == [0.1] * 300
    assert smooth(np.empty(0), 0.9).size == 0
    assert np.isnan(smooth(np.full(3, np.nan), 0.9)).all()
