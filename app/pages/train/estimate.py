"""How long a run will still take, told only from what this start has shown so far."""

from __future__ import annotations

_FEWEST_STEPS = 10
_SHORTEST = 3.0


class Estimator:
    """Fed with (clock in seconds, step); pauses are taken out by `restart`."""

    def __init__(self, total_steps: int) -> None:
        self.total_steps = total_steps
        self._first: tuple[float, int] | None = None
        self._last: tuple[float, int] | None = None
        self._seconds = 0.0
        self._steps = 0

    def take(self, clock: float, step: int) -> None:
        """Note that `step` was reached."""
        if self._first is None:
            self._first = (clock, step)
        self._last = (clock, step)

    def restart(self) -> None:
        """Begin a new stretch after a pause; what was measured before still counts."""
        self._seconds, self._steps = self._measured()
        self._first = self._last = None

    def remaining(self, step: int) -> float | None:
        """Return the seconds to go, or None while too little has been seen."""
        seconds, steps = self._measured()
        if steps < _FEWEST_STEPS or seconds < _SHORTEST:
            return None
        return max(0, self.total_steps - step) * seconds / steps

    def _measured(self) -> tuple[float, int]:
        if self._first is None or self._last is None:
            return self._seconds, self._steps
        seconds = self._last[0] - self._first[0]
        return self._seconds + seconds, self._steps + self._last[1] - self._first[1]


def duration_text(seconds: float) -> str:
    """Write a length of time as a clock does: "0:07", "12:30", "1:02:03"."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def remaining_text(seconds: float | None) -> str:
    """Say how long there is to go, no more exactly than can be known."""
    if seconds is None:
        return "Estimating..."
    if seconds < 10:
        return "a few seconds left"
    if seconds < 90:
        return f"about {round(seconds / 10) * 10:.0f} s left"
    if seconds < 90 * 60:
        return f"about {round(seconds / 60):.0f} min left"
    return f"about {seconds / 3600:.1f} h left"
