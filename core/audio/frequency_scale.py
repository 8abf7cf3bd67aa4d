"""Frequency axes: where a frequency stands on a linear, logarithmic or mel axis, and its ticks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

ScaleName = Literal["linear", "log", "mel"]
SCALE_NAMES: tuple[ScaleName, ...] = get_args(ScaleName)

# The steps of a readable axis, within each power of ten.
_STEPS = (1.0, 2.0, 2.5, 5.0)
_LOWEST_LOG_HZ = 20.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the axis: its position from 0 (bottom) to 1 (top), and its text."""

    position: float
    hertz: float
    label: str


@dataclass(frozen=True, slots=True)
class FrequencyScale:
    """An axis from `low` to `high` Hz; positions run from 0 to 1.

    The mel axis is the HTK one, 2595 log10(1 + f / 700).
    """

    name: ScaleName
    low: float
    high: float

    def __post_init__(self) -> None:
        if self.name not in SCALE_NAMES:
            raise ValueError(f"no frequency scale named '{self.name}'")
        if not 0 <= self.low < self.high or (self.name == "log" and self.low <= 0):
            raise ValueError(f"no {self.name} axis from {self.low} Hz to {self.high} Hz")

    @classmethod
    def full(cls, name: ScaleName, sample_rate: float) -> FrequencyScale:
        """Return the axis of all frequencies at a sample rate; a log axis begins at 20 Hz."""
        return cls(name, _LOWEST_LOG_HZ if name == "log" else 0.0, sample_rate / 2)

    def position(self, hertz: ArrayLike) -> NDArray[np.float64]:
        """Positions of frequencies; those below a log axis lie at minus infinity or below 0."""
        low, high = self._warp(np.array([self.low, self.high]))
        return (self._warp(np.asarray(hertz, dtype=np.float64)) - low) / (high - low)

    def hertz(self, position: ArrayLike) -> NDArray[np.float64]:
        """Frequencies at positions; the inverse of `position`."""
        low, high = self._warp(np.array([self.low, self.high]))
        warped = low + np.asarray(position, dtype=np.float64) * (high - low)
        if self.name == "linear":
            return warped
        if self.name == "log":
            return 10.0**warped
        return 700.0 * (10.0 ** (warped / 2595.0) - 1.0)

    def ticks(self, count: int = 6) -> tuple[Tick, ...]:
        """Return about `count` ticks at round frequencies, evenly spread as far as they can be."""
        gap = 0.5 / max(1, count)
        chosen: list[Tick] = []
        for hertz in self._round_frequencies(count):
            position = float(self.position(hertz))
            if all(abs(position - tick.position) >= gap for tick in chosen):
                chosen.append(Tick(position, hertz, format_hertz(hertz)))
        return tuple(sorted(chosen, key=lambda tick: tick.position))

    def _warp(self, hertz: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.name == "linear":
            return hertz
        if self.name == "log":
            with np.errstate(divide="ignore"):
                return np.log10(hertz)
        return 2595.0 * np.log10(1.0 + hertz / 700.0)

    def _round_frequencies(self, count: int) -> list[float]:
        """List round frequencies on the axis, those that matter most first."""
        if self.name == "linear":
            rough = (self.high - self.low) / max(1, count)
            power = 10.0 ** np.floor(np.log10(rough))
            step = float(power * next((s for s in _STEPS if s * power >= rough), 10.0))
            first, last = math.ceil(self.low / step), math.floor(self.high / step)
            return [step * index for index in range(first, last + 1)]
        powers = [10.0**exponent for exponent in range(math.ceil(math.log10(self.high)) + 1)]
        values = [0.0, *(step * power for step in (1.0, 5.0, 2.0) for power in powers)]
        return [value for value in values if self.low <= value <= self.high]


def format_hertz(hertz: float) -> str:
    """Write a frequency as on an axis: 500 Hz, 1 kHz, 2.5 kHz."""
    return f"{hertz / 1000:g} kHz" if hertz >= 1000 else f"{hertz:g} Hz"
