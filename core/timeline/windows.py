"""Where the windows of a long recording lie, and which stretch each of them speaks for."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from core.errors import ConfigError

# Windows by the hundred thousand are a slip of the finger, not a wish.
MOST_WINDOWS = 200_000
# What is left over at the end of a recording, by rounding, is no window of its own.
_NOTHING = 1e-6


@dataclass(frozen=True, slots=True)
class TimelineSettings:
    """How a long recording is cut.

    Attributes
    ----------
    window
        Length in seconds of what the model hears at a time.
    hop
        Seconds from one window to the next; less than `window` lets them overlap.
    quiet_db
        A window whose level (root mean square, dB of full scale) stays below has no caption.

    Raises
    ------
    ConfigError
        For lengths that leave gaps or make no sense.
    """

    window: float = 10.0
    hop: float = 5.0
    quiet_db: float = -70.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.window) and 0.5 <= self.window <= 600):
            raise ConfigError(
                f"A window of {self.window:g} s is out of range; choose 0.5 to 600 seconds."
            )
        if not (math.isfinite(self.hop) and 0.1 <= self.hop <= self.window):
            raise ConfigError(
                f"A hop of {self.hop:g} s does not fit a window of {self.window:g} s; choose 0.1 s "
                "up to the length of the window, so that nothing goes unheard."
            )


@dataclass(frozen=True, slots=True)
class Window:
    """A window from `start` to `end` seconds that speaks for the stretch `first` to `last`.

    The stretches of all windows cover the recording without gap or overlap: the border between
    two windows lies half-way between their middles.
    """

    start: float
    end: float
    first: float
    last: float


def plan_windows(duration: float, settings: TimelineSettings) -> tuple[Window, ...]:
    """Cut `duration` seconds into windows; the last one is moved back so that it ends there.

    Raises `ConfigError` where that would be more windows than make sense.
    """
    length = min(settings.window, duration)
    beyond = max(duration - length - _NOTHING, 0.0)
    count = 1 + math.ceil(beyond / settings.hop)
    if count > MOST_WINDOWS:
        raise ConfigError(
            f"A recording of {duration:.0f} s with a hop of {settings.hop:g} s has {count} windows;"
            f" choose a hop of at least {beyond / MOST_WINDOWS:.2f} s."
        )
    starts = [min(index * settings.hop, duration - length) for index in range(count)]
    middles = [start + length / 2 for start in starts]
    borders = [(one + other) / 2 for one, other in itertools.pairwise(middles)]
    firsts, lasts = [0.0, *borders], [*borders, duration]
    return tuple(
        Window(start, start + length, first, last)
        for start, first, last in zip(starts, firsts, lasts, strict=True)
    )
