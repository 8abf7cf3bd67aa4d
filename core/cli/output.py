"""How the sub-commands write: tables, figures, times, sizes."""

from __future__ import annotations

import io
import math
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TextIO

# Metrics and values that are whole numbers.
_COUNTS = ("vocabulary", "distinct_captions")
_ESCAPES = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r"})


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return aligned columns, the last one ragged."""
    lines = [list(head), *[list(row) for row in rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def figures(values: Mapping[str, float]) -> str:
    """Return "name value" pairs in one line."""
    return "  ".join(f"{name} {figure(value, name)}" for name, value in values.items())


def figure(value: float, name: str = "") -> str:
    """Return a figure as people read it: four digits after the point, counts without any."""
    if name in _COUNTS and math.isfinite(value):
        return f"{value:,.0f}"
    return f"{value:.0f}" if value == int(value) and abs(value) >= 2 else f"{value:.4f}"


def size(count: float) -> str:
    """Return a number of bytes in decimal units."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def length_text(seconds: float) -> str:
    """Return a length of sound as "4.2 s", "12.0 min" or "3.4 h"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:,.1f} h"


def one_line(text: str) -> str:
    """Return text that stays within one tab-separated column."""
    return text.translate(_ESCAPES)


def path_text(path: str | Path) -> str:
    """Return a path as text that any file can hold, whatever bytes its name is made of."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def silence(stream: TextIO) -> None:
    """Let what is written to a stream go nowhere from here; what it still holds goes there, too."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


class Interrupt:
    """Becomes true when the user or the system asks to stop; the second Ctrl+C really interrupts.

    A signal that arrived in the midst of an optimiser step would break it; work that yields events
    looks here between them instead. A `patient` one never interrupts.
    """

    def __init__(self, patient: bool = False) -> None:
        self.asked = False
        self._patient = patient

    def __bool__(self) -> bool:
        return self.asked

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Note the wish, or give up when it was noted before."""
        if self.asked and not self._patient:
            raise KeyboardInterrupt
        self.asked = True


@contextmanager
def interruptible(patient: bool = False) -> Iterator[Interrupt]:
    """Turn Ctrl+C and a polite kill into an `Interrupt` while the body runs."""
    interrupt = Interrupt(patient)
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, interrupt.handle) for kind in kinds]
    try:
        yield interrupt
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


@contextmanager
def libraries_silenced() -> Iterator[None]:
    """Let what libraries in C write to standard error go nowhere; what Python writes is shown.

    ALSA and PortAudio tell of every device that they try in vain. Where standard error is not the
    system's, as in tests, nothing is done.
    """
    shown = sys.stderr
    try:
        usual = shown.fileno() == 2
    except (AttributeError, OSError, io.UnsupportedOperation):
        usual = False
    if not usual:
        yield
        return
    shown.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    with open(kept, "w", encoding=shown.encoding, errors="backslashreplace") as ours:  # noqa: PTH123
        ours.reconfigure(line_buffering=True)
        sys.stderr = ours
        try:
            yield
        finally:
            with suppress(OSError):
                ours.flush()
            os.dup2(kept, 2)
            sys.stderr = shown
