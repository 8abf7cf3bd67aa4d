"""Who writes a run folder: one process at a time, named in `owner.json`."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from core.errors import RunFolderError
from core.files import read_json, write_json_atomic


def describe_process() -> dict[str, Any]:
    """Return a JSON-ready note of this process by which `process_is_alive` knows it again."""
    return {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "started": psutil.Process().create_time(),
    }


def process_is_alive(note: Any) -> bool:
    """Say whether the process of a note lives; those of other machines are believed to."""
    try:
        host, pid, started = note["host"], int(note["pid"]), float(note["started"])
    except (ValueError, KeyError, TypeError):
        return False
    if host != socket.gethostname():
        return True
    try:
        # A process number is used again after a while; the start time tells the two apart.
        return abs(psutil.Process(pid).create_time() - started) < 1.0
    except psutil.Error:
        return False


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Hold a run folder while writing it.

    Raises `RunFolderError` when another living process (or another thread of this one) holds it.
    """
    if owner_is_alive(folder):
        raise RunFolderError(
            f"{folder.name} is being written by another process; stop that one first."
        )
    note = folder / "owner.json"
    write_json_atomic(note, {**describe_process(), "thread": threading.get_ident()})
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


def owner_is_alive(folder: Path) -> bool:
    """Say whether a living process holds the folder; other machines are believed to be alive."""
    try:
        note = read_json(folder / "owner.json")
    except (OSError, ValueError):
        return False
    return process_is_alive(note)
