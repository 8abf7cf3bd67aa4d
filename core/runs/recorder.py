"""The recorder: a generator around a generator that keeps what passes through.

Whatever the run's end (finished, `close()`, an exception), the last line says so. A run started
from the command line, in a window or on a server is therefore the same to whoever reads its folder.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from core.errors import StudioError
from core.events import (
    CaptionsMapped,
    EpochEnded,
    Event,
    Paused,
    PreviewCaptioned,
    RunEnded,
    RunStarted,
    StepLogged,
    Warned,
    close_work,
)
from core.files import remove_leftovers
from core.runs.commands import discard
from core.runs.disk_space import when_there_is_space
from core.runs.events_file import EventsFile
from core.runs.folder import RunFolder
from core.runs.owner import owned

# Whoever pulls events waits at most this long between two of them, unless the run is paused.
_PAUSE_SECONDS = 1.0


def record(run: RunFolder, events: Iterator[Event]) -> Iterator[Event]:
    """Pass events on, appending each to the run folder first.

    A pause is not pulling: when the next event is asked for late, `Paused` says how late.

    Raises
    ------
    RunFolderError
        Another process writes this folder.
    """
    epoch = step = 0
    ended = False
    given = time.monotonic()
    with owned(run.path):
        # What an earlier process was asked for, or was writing when it died, means nothing now.
        discard(run.path)
        for folder in (run.path, run.checkpoints):
            remove_leftovers(folder)
        writer = run.events
        files = {PreviewCaptioned: run.previews, CaptionsMapped: run.maps}
        try:
            for event in events:
                if event.recorded:
                    yield from _written(run, files.get(type(event), writer), event)
                ended = isinstance(event, RunEnded)
                if isinstance(event, RunStarted | StepLogged | EpochEnded):
                    epoch, step = event.epoch, event.step
                given = time.monotonic()
                yield event
                _note_pause(writer, given)
        except GeneratorExit:
            _note_pause(writer, given)
            # Close the engine first: its `finally` saves the checkpoint that "stopped" promises.
            try:
                close_work(events)
            except BaseException as error:
                _fail(run, error, epoch, step)
                raise
            if not ended:
                with suppress(OSError):  # Saved it is; a full disk only keeps that from being said.
                    stopped = RunEnded(reason="stopped", epoch=epoch, step=step)
                    writer.append(stopped, time.time())
            raise
        except BaseException as error:
            close_work(events)
            _fail(run, error, epoch, step)
            raise
        if not ended:
            finished = RunEnded(reason="finished", epoch=epoch, step=step)
            yield from _written(run, writer, finished)
            yield finished


def _written(run: RunFolder, file: EventsFile, event: Event) -> Iterator[Event]:
    """Append an event, waiting while the disk is full; yields what is to be told meanwhile."""
    if isinstance(event, Warned):
        yield from when_there_is_space(lambda: _log(run, event.message), run.path)
    for told in when_there_is_space(lambda: file.append(event, time.time()), run.path):
        if told.recorded:
            yield from _written(run, run.events, told)
        yield told


def _note_pause(writer: EventsFile, given: float) -> None:
    seconds = time.monotonic() - given
    if seconds > _PAUSE_SECONDS:
        writer.append(Paused(seconds=round(seconds, 3)), time.time())


def _fail(run: RunFolder, error: BaseException, epoch: int, step: int) -> None:
    sentence = str(error) if isinstance(error, StudioError) else f"{type(error).__name__}: {error}"
    ended = RunEnded(reason="failed", epoch=epoch, step=step, message=sentence)
    # On a full disk this fails as well; the first error is the one worth telling.
    with suppress(OSError):
        _log(run, "".join(traceback.format_exception(error)))
        run.events.append(ended, time.time())


def _log(run: RunFolder, text: str) -> None:
    with run.log_file.open("a", encoding="utf-8") as stream:
        stream.write(f"{datetime.now():%Y-%m-%d %H:%M:%S} {text.rstrip()}\n")
