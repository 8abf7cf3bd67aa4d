"""Standing still, and being told to stop, by a request in the run folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from typing import TypeVar

from core.events import Event, Paused, Progress, RunPaused
from core.runs import RunFolder
from core.runs.commands import Command, take

_LOOK_SECONDS = 0.1

T = TypeVar("T")


class StopAsked(Exception):  # noqa: N818 - no error
    """Somebody asked the run to save and stop."""


def paused(
    run: RunFolder, epoch: int, step: int, obey: Callable[[Command], Iterator[Event]]
) -> Iterator[Event]:
    """Stand still until "continue" is asked for, obeying the other requests meanwhile."""
    began = time.monotonic()
    yield RunPaused(epoch=epoch, step=step, message="The run was asked to pause.")
    while True:
        for command in take(run.path):
            if command == "continue":
                yield Paused(seconds=round(time.monotonic() - began, 3))
                return
            if command != "pause":
                yield from obey(command)
        yield Progress(phase="Paused", done=0, message="Paused until it is asked to continue.")
        time.sleep(_LOOK_SECONDS)


def stoppable(run: RunFolder, work: Generator[Event, None, T]) -> Generator[Event, None, T]:
    """Pass on what work before the first step yields; raises `StopAsked` when told to stop."""

    def obey(command: Command) -> Iterator[Event]:
        if command == "stop":
            raise StopAsked
        yield from ()

    with_result = iter(work)
    while True:
        try:
            event = next(with_result)
        except StopIteration as ending:
            result: T = ending.value
            return result
        try:
            yield event
            for command in take(run.path):
                yield from paused(run, 0, 0, obey) if command == "pause" else obey(command)
        except BaseException:
            work.close()
            raise
