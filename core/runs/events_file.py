"""`events.jsonl`: append-only, one event a line, readable while another process writes it.

Each line holds "time" (seconds since 1970) beside the event's own fields. A torn last line, as a
killed process or a full disk leaves it, is skipped when reading and closed off before appending.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.errors import RunFolderError
from core.events import Event, from_record, to_record
from core.files import append_line

_STEP = b'"StepLogged"'


class EventsFile:
    """Reader and writer of one events file; a reader remembers how far it has read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0

    def append(self, event: Event, time: float) -> None:
        """Add one event. Raises `OSError` on a full disk; the line is then absent."""
        append_line(self.path, self.line(event, time))

    @staticmethod
    def line(event: Event, time: float) -> bytes:
        """Return the line of an event, without its end."""
        record = {"time": round(time, 3), **to_record(event)}
        return json.dumps(record, default=dict, allow_nan=True).encode()

    def read_new(self, steps: bool = True) -> Iterator[tuple[float, Event]]:
        """Yield (time, event) of the whole lines added since the last call.

        Without `steps` the many lines of `StepLogged` are passed over unread, which is fast.
        Raises `RunFolderError` when the file is there and cannot be read.
        """
        try:
            stream = self.path.open("rb")
        except FileNotFoundError:
            return
        except OSError as error:
            raise RunFolderError(
                f"{self.path} cannot be read ({error.strerror}); check who may read it."
            ) from error
        with stream:
            stream.seek(self._offset)
            for line in stream:
                if not line.endswith(b"\n"):
                    return
                self._offset += len(line)
                if not steps and line.find(_STEP, 0, 64) > 0:
                    continue
                parsed = parse_line(line)
                if parsed is not None:
                    yield parsed

    def read_all(self, steps: bool = True) -> list[tuple[float, Event]]:
        """Return every readable event from the beginning; see `read_new`."""
        self._offset = 0
        return list(self.read_new(steps))

    def last(self) -> tuple[float, Event] | None:
        """Return the last readable event, reading only the end of the file."""
        try:
            size = self.path.stat().st_size
        except FileNotFoundError:
            return None
        tail = 1 << 16
        with self.path.open("rb") as stream:
            stream.seek(max(0, size - tail))
            lines = stream.read().splitlines()
        for line in reversed(lines):
            parsed = parse_line(line)
            if parsed is not None:
                return parsed
        return None


def parse_line(line: bytes) -> tuple[float, Event] | None:
    """Return (time, event) of one line, None when it is torn or of an unknown kind."""
    try:
        record: Any = json.loads(line)
        event = from_record(record)
        time = float(record["time"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if event is None or not math.isfinite(time):
        return None
    return time, event
