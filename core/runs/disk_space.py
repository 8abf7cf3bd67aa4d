"""A full disk is no failure: the work waits until there is space, and goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TypeVar

from core.events import Event, Paused, Progress, Warned
from core.files import is_disk_full

RETRY_SECONDS = 2.0
_TICK_SECONDS = 0.1

T = TypeVar("T")


def when_there_is_space(write: Callable[[], T], place: Path) -> Generator[Event, None, T]:
    """Return what `write` returns, calling it again and again while the disk of `place` is full.

    `write` must leave things as they were when it fails. While it waits, it yields `Progress`, so
    that whoever pulls sees why and can stop; afterwards `Warned` and `Paused` say what happened.
    Any other error is raised.
    """
    began: float | None = None
    while True:
        try:
            result = write()
            break
        except Exception as error:
            if not is_disk_full(error):
                raise
        began = time.monotonic() if began is None else began
        until = time.monotonic() + RETRY_SECONDS
        while True:
            yield Progress(
                phase="Paused",
                done=0,
                message=f"The disk of {place} is full; free some space and the run continues.",
            )
            if time.monotonic() >= until:
                break
            time.sleep(_TICK_SECONDS)
    if began is not None:
        seconds = time.monotonic() - began
        yield Warned(
            message=f"The disk of {place} was full, so the run waited {seconds:.0f} s for space; "
            "nothing was lost."
        )
        yield Paused(seconds=round(seconds, 3))
    return result
