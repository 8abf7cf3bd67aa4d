"""How long work still takes, from how fast its present phase went so far."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

_SETTLED_SECONDS = 2.0
_MOST_POINTS = 60


class Pace:
    """Remembers when how much was done. A pause and a new phase begin anew."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._phase = ""
        self._total: int | None = None
        self._points: deque[tuple[float, int]] = deque(maxlen=_MOST_POINTS)

    def update(self, phase: str, done: int, total: int | None) -> None:
        """Take into account that `done` of `total` items of a phase are done now."""
        if phase != self._phase or total != self._total:
            self._phase, self._total = phase, total
            self._points.clear()
        now = self._clock()
        if not self._points or now - self._points[-1][0] >= 0.5:
            self._points.append((now, done))

    def restart(self) -> None:
        """Forget the speed: nothing was done for a while, and that says nothing."""
        self._points.clear()

    def remaining(self) -> float | None:
        """Return the seconds that are left of the phase; None while they are not known."""
        if not self._total or len(self._points) < 2:
            return None
        (begun, first), (now, done) = self._points[0], self._points[-1]
        if now - begun < _SETTLED_SECONDS or done <= first:
            return None
        return max(0.0, (self._total - done) * (now - begun) / (done - first))
