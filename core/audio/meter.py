"""Levels of a sound that is coming in: how loud, the peak that is held, and clipping."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

FLOOR_DB = -100.0
# A sample so close to full scale was most likely cut off there.
CLIPPED = 0.999
HOLD_SECONDS = 1.5
FALL_DB_PER_SECOND = 20.0


class PeakMeter:
    """Follows peaks: up at once, held for a moment, then down at a steady pace."""

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self.level_db = self.peak_db = self.held_db = FLOOR_DB
        self._held_for = 0.0
        self.clipped_samples = 0

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Take the next samples (n,)."""
        if not len(samples):
            return
        seconds = len(samples) / self._rate
        loudest = float(np.abs(samples).max())
        self.clipped_samples += int(np.count_nonzero(np.abs(samples) >= CLIPPED))
        self.level_db = _db(float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))))
        self.peak_db = _db(loudest)
        self._held_for += seconds
        if self.peak_db >= self.held_db:
            self.held_db, self._held_for = self.peak_db, 0.0
        elif self._held_for > HOLD_SECONDS:
            falling = FALL_DB_PER_SECOND * min(self._held_for - HOLD_SECONDS, seconds)
            self.held_db = max(self.held_db - falling, self.peak_db)


def _db(amplitude: float) -> float:
    return max(20.0 * math.log10(amplitude), FLOOR_DB) if amplitude > 0 else FLOOR_DB
