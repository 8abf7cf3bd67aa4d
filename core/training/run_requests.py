"""Pausing, stopping and other requests that are made through the run folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import TypeVar

from core.events import Event, Paused, Progress, RunPaused, StepLogged
from core.runs import RunFolder
from core.runs.commands import Command, take
from core.training.state import Position

_LOOK_SECONDS = 0.1

T = TypeVar("T")


class StopAsked(Exception):  # noqa: N818 - not an error
    """The run was asked to save and stop."""


def paused(
    run: RunFolder,
    epoch: int,
    step: int,
    obey: Callable[[Command], Iterator[Event]],
    requests: list[Command],
) -> Iterator[Event]:
    """Pause until "continue" is requested, obeying other requests in the meantime.

    `requests` are those that came together with the one to pause; those after "continue" remain.
    """
    began = time.monotonic()
    yield RunPaused(epoch=epoch, step=step, message="The run was asked to pause.")
    while True:
        requests += take(run.path)
        while requests:
            command = requests.pop(0)
            if command == "continue":
                yield Paused(seconds=round(time.monotonic() - began, 3))
                return
            if command != "pause":
                yield from obey(command)
        yield Progress(phase="Paused", done=0, message="Paused until it is asked to continue.")
        time.sleep(_LOOK_SECONDS)


def obeying(
    run: RunFolder,
    work: Generator[Event, None, None],
    carry_out: Callable[[Command], Iterator[Event]],
    position: Position,
) -> Iterator[Event]:
    """Pass on the events of a training run, and carry out requests between them.

    Pausing and stopping happen at once, the latter by raising `StopAsked`. `carry_out` does the
    rest outside validation: after the next step, once the events of all steps were yielded.
    """
    asked: list[Command] = []
    with closing(work):
        for event in work:
            yield event
            requests = [*take(run.path)]
            while requests:
                command = requests.pop(0)
                if command == "stop":
                    raise StopAsked
                if command == "pause":
                    yield from paused(run, position.epoch, position.step, carry_out, requests)
                else:
                    asked.append(command)
            while asked and isinstance(event, StepLogged) and not position.unreported:
                yield from carry_out(asked.pop(0))


def stoppable(run: RunFolder, work: Generator[Event, None, T]) -> Generator[Event, None, T]:
    """Pass on the events of work before the first step; raise `StopAsked` on a stop request."""

    def obey(command: Command) -> Iterator[Event]:
        if command == "stop":
            raise StopAsked
        yield from ()

    with closing(work):
        while True:
            try:
                event = next(work)
            except StopIteration as ending:
                result: T = ending.value
                return result
            yield event
            requests = [*take(run.path)]
            while requests:
                command = requests.pop(0)
                if command == "pause":
                    yield from paused(run, 0, 0, obey, requests)
                else:
                    yield from obey(command)
