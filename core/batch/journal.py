"""What keeps a queue through a crash: a file that only ever grows, a line of JSON a change."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.batch.rows import BatchRow, RowState
from core.errors import StudioError
from core.files import append_line, read_json, write_json_atomic
from core.paths import home
from core.runs.owner import describe_process, process_is_alive

_OWNER_SUFFIX = ".owner.json"


def batches_dir() -> Path:
    """Return the folder of the journals."""
    return home() / "batches"


class Journal:
    """Appends what becomes of a queue to a file.

    A line that a crash tore is passed over when it is read again. Any thread may use it.
    Raises `StudioError` where the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    def load(self) -> dict[Path, BatchRow]:
        """Return the rows as they stood at the last line, in the order they were added.

        What was being captioned then is waiting again.
        """
        rows: dict[Path, BatchRow] = {}
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return rows
        except OSError as error:
            raise _refused(self.path, error) from error
        for line in text.splitlines():
            with suppress(ValueError, TypeError, KeyError, AttributeError):
                _apply(json.loads(line), rows)
        return rows

    def add(self, paths: Iterable[Path]) -> None:
        """Note files that came into the queue, or are to be done again."""
        names = [str(path) for path in paths]
        if names:
            self._append({"add": names})

    def remove(self, paths: Sequence[Path]) -> None:
        """Note files that left it."""
        if paths:
            self._append({"remove": [str(path) for path in paths]})

    def cancelled(self, paths: Sequence[Path]) -> None:
        """Note files that were called off, however many, at once."""
        if paths:
            self._append({"cancel": [str(path) for path in paths]})

    def ended(self, row: BatchRow) -> None:
        """Note what became of a file."""
        self._append(
            {
                "path": str(row.path),
                "state": row.state.value,
                "duration": row.duration,
                "message": row.message,
                "seconds": None if row.seconds is None else round(row.seconds, 4),
                "stamp": list(row.stamp),
                "record": dict(row.record),
            }
        )

    def clear(self) -> None:
        """Forget everything."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise _refused(self.path, error) from error

    def _append(self, content: dict[str, Any]) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Escapes keep names that are no text as they are.
            with self._lock:
                append_line(self.path, json.dumps(content).encode())
        except OSError as error:
            raise _refused(self.path, error) from error


def open_journal() -> Journal:
    """Return the journal of the window's queue.

    Each program that runs has one of its own; what a program left behind is taken over by the next.
    """
    folder = batches_dir()
    number = 1
    while True:
        journal = Journal(folder / f"queue-{number}.jsonl")
        note = journal.path.with_suffix(_OWNER_SUFFIX)
        try:
            owner = read_json(note)
        except (OSError, ValueError):
            owner = {}
        mine = isinstance(owner, dict) and owner.get("pid") == os.getpid()
        if mine or not process_is_alive(owner):
            # A home that cannot be written is told at the first change.
            with suppress(OSError):
                write_json_atomic(note, describe_process())
            return journal
        number += 1


def _apply(content: Any, rows: dict[Path, BatchRow]) -> None:
    for name in content.get("add", ()):
        path = Path(name)
        rows[path] = BatchRow(path)
    for name in content.get("remove", ()):
        rows.pop(Path(name), None)
    for path in map(Path, content.get("cancel", ())):
        if path in rows:
            rows[path] = replace(rows[path], state=RowState.CANCELLED)
    # What ended after it was taken off the queue does not come back.
    if "path" in content and (path := Path(content["path"])) in rows:
        rows[path] = BatchRow(
            path=path,
            state=RowState(content["state"]),
            duration=content["duration"],
            record=content["record"],
            message=str(content["message"]),
            seconds=content["seconds"],
            stamp=(int(content["stamp"][0]), int(content["stamp"][1])),
        )


def _refused(path: Path, error: OSError) -> StudioError:
    return StudioError(
        f"The queue cannot be kept in {path} ({error.strerror or error}); make room on the disk. "
        "Captions that were made are still listed."
    )
