"""The smoothing of TensorBoard's charts: an exponential mean without the pull of its start."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_BLOCK = 128


class Smoother:
    """The de-biased exponential moving average of a series that comes in portions.

    As in TensorBoard: points that are not finite stay where they are and count for nothing, a
    series of equal values stays what it is, and the mean is divided by 1 - weight^count.
    """

    def __init__(self, weight: float) -> None:
        self.weight = weight
        self._mean = 0.0
        self._count = 0
        self._constant: float | None = None
        steps = np.arange(_BLOCK)
        distance = steps[:, None] - steps[None, :]
        # Inside a block the recursion is one product with a triangle, between blocks a loop.
        self._triangle = np.where(
            distance >= 0, (1 - weight) * weight ** np.maximum(distance, 0), 0.0
        )
        self._decay = weight ** (steps + 1.0)

    def push(self, values: Floats) -> Floats:
        """Return the smoothed values of the next points (n,)."""
        result = np.array(values, dtype=np.float64)
        finite = np.isfinite(result)
        known = result[finite]
        if self.weight <= 0 or known.size == 0:
            return result
        smoothed = self._averages(known)
        if self._count == 0:
            self._constant = float(known[0])
        self._count += known.size
        if self._constant is not None:
            other = np.flatnonzero(known != self._constant)
            still = other[0] if other.size else known.size
            smoothed[:still] = known[:still]
            self._constant = None if other.size else self._constant
        result[finite] = smoothed
        return result

    def _averages(self, known: Floats) -> Floats:
        padded = np.zeros(-(-known.size // _BLOCK) * _BLOCK)
        padded[: known.size] = known
        inside = padded.reshape(-1, _BLOCK) @ self._triangle.T
        before = self._mean
        for block in inside:
            block += self._decay * before
            before = block[-1]
        flat = inside.reshape(-1)[: known.size]
        self._mean = float(flat[-1])
        count = np.arange(self._count + 1, self._count + known.size + 1)
        return np.asarray(flat / (1 - self.weight**count), dtype=np.float64)
