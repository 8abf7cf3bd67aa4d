"""Windows of a sound that is still coming: the recording cuts them, the captioning takes them."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.timeline.windows import TimelineSettings, Window

Samples = NDArray[np.float32]

# Older windows give way to newer ones: captions that come late are of no use live.
MOST_WAITING = 2
# Less than this at the end of a take is no window of its own.
SHORTEST_SECONDS = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class LiveWindow:
    """What was heard of late: samples (n,), and when the last of them was spoken.

    `captured` is on the clock of `time.monotonic`.
    """

    window: Window
    samples: Samples
    sample_rate: int
    captured: float


class LiveWindows:
    """Cuts a window each hop, the first as soon as there is a hop of sound.

    Each window speaks for the hop at its end; the last one, at `finish`, for what is left.
    """

    def __init__(self, settings: TimelineSettings) -> None:
        self._settings = settings
        self._rate = self._length = self._hop = 1
        self._held = np.zeros(0, np.float32)
        self._heard = self._spoken_for = 0
        self._captured = 0.0
        self._ready: deque[LiveWindow] = deque()
        self._changed = threading.Condition()
        self._finished = False
        self.skipped = 0

    @property
    def ended(self) -> bool:
        """Whether no window is left and none will come."""
        return self._finished and not self._ready

    def start(self, sample_rate: int) -> None:
        """Say at which rate in Hz the samples come, before the first of them."""
        self._rate = sample_rate
        self._length = round(self._settings.window * sample_rate)
        self._hop = max(1, round(self._settings.hop * sample_rate))

    def append(self, samples: Samples, captured: float) -> None:
        """Take the next samples (n,), the last of them spoken at `captured`."""
        end = self._heard + len(samples)
        while self._spoken_for + self._hop <= end:
            border = self._spoken_for + self._hop
            count = border - self._heard
            self._hold(samples[:count])
            samples = samples[count:]
            self._cut(captured - len(samples) / self._rate)
        self._hold(samples)
        self._captured = captured

    def finish(self) -> None:
        """Say that no more sound comes; what is left becomes the last window."""
        left = self._heard - self._spoken_for
        if not self._finished and left >= SHORTEST_SECONDS * self._rate:
            self._cut(self._captured, last=True)
        with self._changed:
            self._finished = True
            self._changed.notify_all()

    def get(self, timeout: float) -> LiveWindow | None:
        """Return the next window, waiting up to `timeout` seconds for it, or None."""
        with self._changed:
            self._changed.wait_for(lambda: self._ready or self._finished, timeout)
            return self._ready.popleft() if self._ready else None

    def _hold(self, samples: Samples) -> None:
        self._heard += len(samples)
        self._held = np.concatenate((self._held, samples))[-self._length :]

    def _cut(self, captured: float, last: bool = False) -> None:
        end = self._heard / self._rate
        window = Window(
            start=(self._heard - len(self._held)) / self._rate,
            end=end,
            first=self._spoken_for / self._rate,
            last=end,
        )
        self._spoken_for = self._heard
        with self._changed:
            # The last one waits for its turn: nothing is lost at the end.
            while len(self._ready) >= MOST_WAITING and not last:
                self._ready.popleft()
                self.skipped += 1
            self._ready.append(LiveWindow(window, self._held.copy(), self._rate, captured))
            self._changed.notify_all()
