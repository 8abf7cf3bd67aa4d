"""The line under the captions of a microphone: how long, how loud."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from core.audio.meter import FLOOR_DB
from core.live import LiveMonitor

_EVERY = 0.2
_WIDTH = 20
_DEAD = (
    "Nothing but digital silence has come for 3 s; the microphone may be switched off, or the "
    "system may forbid its use."
)


class StatusLine:
    """A line on a terminal that is written over again and again; elsewhere only what is wrong."""

    def __init__(self, monitor: LiveMonitor) -> None:
        self._monitor = monitor
        self._terminal = sys.stderr.isatty()
        self._shown = ""
        self._next = 0.0
        self._dead = False

    def __enter__(self) -> StatusLine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.clear()

    def show(self, seconds: float) -> None:
        """Show the level now, a few times a second."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _EVERY
        moment = self._monitor.look()
        if moment.dead and not self._dead:
            self.clear()
            print(_DEAD, file=sys.stderr, flush=True)
        self._dead = moment.dead
        if self._terminal:
            filled = round(_WIDTH * (1 - moment.peak_db / FLOOR_DB))
            clipping = " clipping" if moment.clipped else ""
            bar = "#" * filled + "." * (_WIDTH - filled)
            minutes, rest = divmod(seconds, 60)
            self._shown = f"{int(minutes)}:{rest:04.1f} [{bar}] {moment.peak_db:4.0f} dB{clipping}"
            sys.stderr.write(f"\r{self._shown}\x1b[K")
            sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away, so that something else can be written there."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = ""
