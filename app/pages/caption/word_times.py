"""When a word was heard: from cross-attention weights to a span of time. No Qt in here."""

from __future__ import annotations

import numpy as np

SHORTEST_MOMENT = 0.6  # s; anything shorter is a click to the ear


def attended_span(
    weights: np.ndarray, frame_seconds: float, duration: float
) -> tuple[float, float]:
    """Return the start and end in seconds of the moment that `weights` (T,) point at.

    It is the stretch of frames around the largest weight that hold at least half of it, widened
    to `SHORTEST_MOMENT` and kept inside ``[0, duration]``.
    """
    if weights.size == 0:
        return 0.0, duration
    peak = int(np.argmax(weights))
    strong = weights >= 0.5 * weights[peak]
    first = last = peak
    while first > 0 and strong[first - 1]:
        first -= 1
    while last + 1 < weights.size and strong[last + 1]:
        last += 1
    start, end = first * frame_seconds, (last + 1) * frame_seconds
    missing = SHORTEST_MOMENT - (end - start)
    if missing > 0:
        start, end = start - missing / 2, end + missing / 2
    length = min(end - start, duration)
    start = min(max(start, 0.0), max(duration - length, 0.0))
    return start, start + length
