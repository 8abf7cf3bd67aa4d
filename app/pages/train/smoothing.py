"""The smoothing of TensorBoard's charts: an exponential mean without the pull of its start."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BLOCK = 128


def smooth(values: NDArray[np.float64], weight: float) -> NDArray[np.float64]:
    """Return the de-biased exponential moving average of `values` (n,), `weight` in [0, 1).

    As in TensorBoard: points that are not finite stay where they are and count for nothing, a
    series of equal values stays what it is, and the mean is divided by 1 - weight^count.
    """
    result = np.array(values, dtype=np.float64)
    finite = np.isfinite(result)
    known = result[finite]
    if weight <= 0 or known.size == 0 or np.all(known == known[0]):
        return result
    # The recursion runs inside a block as one product with a triangle, between blocks as a loop.
    padded = np.zeros(-(-known.size // _BLOCK) * _BLOCK)
    padded[: known.size] = known
    steps = np.arange(_BLOCK)
    distance = steps[:, None] - steps[None, :]
    triangle = np.where(distance >= 0, (1 - weight) * weight ** np.maximum(distance, 0), 0.0)
    inside = padded.reshape(-1, _BLOCK) @ triangle.T
    decay, before = weight ** (steps + 1.0), 0.0
    for block in inside:
        block += decay * before
        before = block[-1]
    count = np.arange(1, known.size + 1)
    result[finite] = inside.reshape(-1)[: known.size] / (1 - weight**count)
    return result
