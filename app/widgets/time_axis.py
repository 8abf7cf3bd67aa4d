"""The axis of time: seconds for short sounds, minutes and hours as a clock tells them for long."""

from __future__ import annotations

import math
from typing import Any

import pyqtgraph as pg

from app.texts import LONG, clock_text

# Pixels that a label such as 1:02:30 needs, with what keeps it apart from the next.
_LABEL = 84
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200)


class TimeAxis(pg.AxisItem):
    """Ticks at round times. `set_duration` says how long the sound is that is shown."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self._long = False
        self.setLabel("Time (s)")

    def set_duration(self, seconds: float) -> None:
        """Tell times in the way that fits a sound of `seconds`."""
        long = seconds >= LONG
        if long != self._long:
            self._long = long
            self.setLabel("Time" if long else "Time (s)")
            self.picture = None
            self.update()

    def tickValues(self, low: float, high: float, size: float) -> list[Any]:
        """Return the positions of the ticks between two times, `size` pixels apart."""
        step = clock_step(high - low, size)
        if not self._long or step is None:
            return super().tickValues(low, high, size)
        first, last = math.ceil(low / step), math.floor(high / step)
        return [(float(step), [float(step * number) for number in range(first, last + 1)])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Return the times `values` as text."""
        if not self._long:
            return super().tickStrings(values, scale, spacing)
        return [clock_text(value, digits=0 if spacing >= 1 else 3) for value in values]


def clock_step(span: float, pixels: float) -> int | None:
    """Return the round step in seconds that leaves room for every label; None below a second."""
    wanted = span * _LABEL / max(pixels, 1.0)
    if wanted <= 0.5:
        return None
    return next((step for step in _STEPS if step >= wanted), _STEPS[-1])
