"""PortAudio is one for the whole program: what is open, and whether it may be started anew.

PortAudio looks for devices only when it starts, so looking again means to end it and to start it,
which would take every open stream with it. A microphone that records must not end that way.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_lock = threading.RLock()
_recording = 0


@contextmanager
def held() -> Iterator[None]:
    """Keep PortAudio from being started anew by another thread meanwhile."""
    with _lock:
        yield


def note_opened() -> None:
    """Say that an input stream is open from now on."""
    global _recording
    with _lock:
        _recording += 1


def note_closed() -> None:
    """Say that an input stream that was noted is closed."""
    global _recording
    with _lock:
        _recording = max(0, _recording - 1)


def recording() -> bool:
    """Whether any input stream is open."""
    return _recording > 0


def abandon(sounddevice: ModuleType) -> None:
    """Do not end PortAudio with the program, which a stream that hangs would hold up."""
    atexit.unregister(getattr(sounddevice, "_exit_handler", abandon))


def restart(sounddevice: ModuleType) -> bool:
    """Start PortAudio anew, unless something records; say whether that was done."""
    with _lock:
        if _recording:
            return False
        sounddevice._terminate()
        sounddevice._initialize()
        return True
