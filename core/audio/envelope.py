"""Lowest and highest samples of any stretch of a sound, fast at every zoom."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Samples in one entry of the coarse envelope that long views are drawn from.
COARSE = 256
# Longer sounds get longer entries, so that there are never more of them.
MOST_ENTRIES = 1_000_000

Samples = NDArray[np.float32]


class Envelope:
    """The outline of a sound of `frames` samples, filled from the left by `append`.

    Samples themselves are kept only where `show_samples` put some; closer than the entries of the
    outline, a view shows those and else the outline.
    """

    def __init__(self, frames: int, sample_rate: int) -> None:
        self.frames, self.sample_rate = frames, sample_rate
        self.step = COARSE * max(1, -(-frames // (COARSE * MOST_ENTRIES)))
        count = max(1, -(-frames // self.step))
        self._low = np.zeros(count, np.float32)
        self._high = np.zeros(count, np.float32)
        self._filled = 0
        self._held = np.zeros(0, np.float32)
        self._samples: tuple[int, Samples] = 0, np.zeros(0, np.float32)
        self.peak = 1e-6

    @classmethod
    def of(cls, samples: Samples, sample_rate: int) -> Envelope:
        """Return the envelope of a sound that is in memory, (n,) float32."""
        envelope = cls(len(samples), sample_rate)
        envelope.append(samples)
        envelope.finish()
        envelope.show_samples(0, samples)
        return envelope

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate

    def sketch(self, moments: list[tuple[float, Samples]]) -> None:
        """Draw what is not filled roughly from short stretches (n,), each at its time in s."""
        if not moments:
            return
        times = np.array([seconds for seconds, _ in moments]) * self.sample_rate / self.step
        borders = np.concatenate(([0.0], (times[:-1] + times[1:]) / 2, [np.inf]))
        places = np.arange(self._filled, len(self._low)) + 0.5
        nearest = np.clip(np.searchsorted(borders, places, side="right") - 1, 0, len(moments) - 1)
        lows = np.array([samples.min(initial=0.0) for _, samples in moments], np.float32)
        highs = np.array([samples.max(initial=0.0) for _, samples in moments], np.float32)
        self._low[self._filled :], self._high[self._filled :] = lows[nearest], highs[nearest]
        self._note_peak(lows, highs)

    def append(self, samples: Samples) -> None:
        """Take the next samples (n,)."""
        held = np.concatenate((self._held, samples)) if len(self._held) else samples
        whole = len(held) // self.step
        self._put(held[: whole * self.step].reshape(whole, self.step))
        self._held = held[whole * self.step :].copy()

    def finish(self) -> None:
        """Say that there are no more samples."""
        if len(self._held):
            self._put(self._held[None])
        self._held = np.zeros(0, np.float32)
        self._low[self._filled :] = self._high[self._filled :] = 0.0

    def show_samples(self, first: int, samples: Samples) -> None:
        """Give the samples (n,) from number `first` on, for a view that is close to them."""
        self._samples = first, samples

    def between(
        self, start: float, end: float, columns: int
    ) -> tuple[NDArray[np.float64], Samples]:
        """Return x (s) and y (amplitude), each (n,), of the line to draw from `start` to `end` s.

        With more than two samples a column, each column gives its lowest and its highest sample
        at the same x; with fewer, the samples themselves are given.
        """
        first = max(int(start * self.sample_rate) - 1, 0)
        last = min(int(end * self.sample_rate) + 2, self.frames)
        count = last - first
        if count <= 0 or columns <= 0:
            return np.zeros(0), np.zeros(0, np.float32)
        origin, samples = self._samples
        near = origin <= first and last <= origin + len(samples)
        if near and count <= 2 * columns:
            return np.arange(first, last) / self.sample_rate, samples[
                first - origin : last - origin
            ]
        if not near or count >= 4 * self.step * columns:
            step = self.step
            first, last = first // step, min(-(-last // step), len(self._low))
            low, high = self._low[first:last], self._high[first:last]
        else:
            low = high = samples[first - origin : last - origin]
            step = 1
        edges = np.linspace(0, len(low), min(columns, len(low)), endpoint=False).astype(np.intp)
        y = np.empty(2 * len(edges), dtype=np.float32)
        y[0::2] = np.minimum.reduceat(low, edges)
        y[1::2] = np.maximum.reduceat(high, edges)
        x = np.repeat((first + edges) * step / self.sample_rate, 2)
        return x, y

    def _outline(self) -> tuple[Samples, Samples]:
        return self._low, self._high

    def _put(self, blocks: Samples) -> None:
        """Fill the next entries from blocks (entries, samples)."""
        blocks = blocks[: len(self._low) - self._filled]
        if not len(blocks):
            return
        last = self._filled + len(blocks)
        low, high = blocks.min(axis=1), blocks.max(axis=1)
        self._low[self._filled : last], self._high[self._filled : last] = low, high
        self._filled = last
        self._note_peak(low, high)

    def _note_peak(self, low: Samples, high: Samples) -> None:
        self.peak = max(self.peak, float(-low.min(initial=0.0)), float(high.max(initial=0.0)))
