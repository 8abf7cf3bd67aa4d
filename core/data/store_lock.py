"""One writer a folder: a lock that the operating system frees when its holder dies."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.data.disk_errors import disk_errors

_LOCK_FILE = "lock"


@contextmanager
def try_lock(folder: Path) -> Iterator[bool]:
    """Try to become the one writer of a folder; gives False where another process or thread is.

    The file ``lock`` holds the number of the process that writes. It stays behind, unlocked.
    Raises `DatasetError` where the folder cannot be written.
    """
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        held = _lock(handle)
        if held:
            os.ftruncate(handle, 0)
            os.write(handle, str(os.getpid()).encode())
        yield held
    finally:
        # Closing frees the lock.
        os.close(handle)


def holder(folder: Path) -> str:
    """Return the number of the process that wrote the lock, or an empty string."""
    try:
        return (folder / _LOCK_FILE).read_text().strip()
    except OSError:
        return ""


if sys.platform == "win32":
    import msvcrt

    # Beyond the content, because locked bytes cannot be read by others.
    _LOCKED_BYTE = 1 << 20

    def _lock(handle: int) -> bool:
        os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
