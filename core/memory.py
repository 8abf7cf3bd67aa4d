"""Memory that is free in the program but not yet for the system."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache


def give_back_memory() -> None:
    """Let the system have what was freed; takes a few milliseconds. Does nothing where it cannot.

    The C library keeps freed blocks for itself. Work in blocks of megabytes, none like another in
    size, leaves it with holes that the next block does not fit into: a batch of a thousand files
    grew by a few hundred megabytes of nothing but holes.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    """Return glibc's function; other systems' libraries give back by themselves or not at all."""
    if sys.platform != "linux":
        return None
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):  # musl has none.
        return None
    trim.argtypes, trim.restype = [ctypes.c_size_t], ctypes.c_int
    found: Callable[[int], int] = trim
    return found
