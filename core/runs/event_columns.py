"""Long events files as columns of numbers, read some hundred times faster than event by event.

Consecutive steps have the same names in the same order, so a stretch of their lines is turned into
a table by taking the names out and reading what is left as numbers. Lines that do not fit are read
one at a time. Imports numpy, so whoever opens a window loads it late.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from core.errors import RunFolderError
from core.events import Event, StepLogged
from core.runs.events_file import parse_line

Floats = NDArray[np.float64]

_PORTION = 1 << 18
_SKIMMED = 1 << 20
_STEP = b'"StepLogged"'
_EPOCH = b'"EpochEnded"'
_LOOKS = (b'"ValidationEnded"', b'"CheckpointSaved"')
_NUMERIC = b"0123456789+-.eE,NaInfity"
_NAMES = {"epoch": "number"}
_FIGURES = ("step", "learning_rate", "gradient_norm", "examples_per_second")


@dataclass
class StepBlock:
    """Consecutive optimiser steps as columns of equal length.

    Columns: "time", "step", "number" (that of the epoch, from 0), "learning_rate" and so on, and
    one for each of `losses`; NaN where a step has no such figure.
    """

    columns: dict[str, Floats]
    losses: tuple[str, ...]


Piece = StepBlock | tuple[float, Event]


def digest(events: Iterable[tuple[float, Event]]) -> list[Piece]:
    """Gather consecutive steps into blocks; everything else stays an event with its time."""
    pieces: list[Piece] = []
    for steps, group in itertools.groupby(events, lambda item: isinstance(item[1], StepLogged)):
        if steps:
            pieces.append(_block_of(list(group)))
        else:
            pieces += group
    return pieces


class ColumnReader:
    """Reads an events file in portions and remembers how far it has come."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0

    def read(self, most: int = 1 << 20) -> tuple[list[Piece], bool]:
        """Return what about `most` further bytes hold, and whether there are more whole lines.

        Raises `RunFolderError` when the file is there and cannot be read.
        """
        pieces: list[Piece] = []
        more = False
        for stream in _opened(self.path):
            stream.seek(self._offset)
            while most > 0 and (data := _whole_lines(stream, self._offset)):
                self._offset += len(data)
                most -= len(data)
                pieces += _parsed(data)
                more = most <= 0
        return pieces, more

    @property
    def offset(self) -> int:
        """Bytes read so far."""
        return self._offset


def skim(path: Path, steps: int = 4000) -> list[Piece]:
    """Return all of a file but its steps and epochs, and of its steps about `steps`, evenly spread.

    Enough to draw a run while the rest is read; validations may come before steps that they follow.
    Raises `RunFolderError` as `ColumnReader` does.
    """
    pieces: list[Piece] = []
    size = path.stat().st_size if path.exists() else 0
    held: list[bytes] = []
    seen, every, offset = 0, 1, 0
    last = b""
    for stream in _opened(path):
        while data := _whole_lines(stream, offset, _SKIMMED):
            offset += len(data)
            starts, ends, is_step = _lines(data)
            if offset == len(data):
                every = max(1, math.ceil(size / len(data) * len(starts) / steps))
            numbers = seen + np.cumsum(is_step)
            wanted = np.flatnonzero(~is_step | (numbers % every == 0))
            for row in wanted.tolist():
                line = data[starts[row] : ends[row]]
                if is_step[row]:
                    held.append(line)
                    continue
                if _EPOCH in line[:64]:
                    continue
                # What begins or ends a stretch of steps stays where it is; what only looks at
                # them may stand before them, so that their tables are few and large.
                if not any(name in line[:64] for name in _LOOKS):
                    pieces += _parsed(b"".join(held))
                    held = []
                pieces += _single(line)
            seen += int(is_step.sum())
            if len(is_step) and is_step[-1]:
                last = data[starts[-1] : ends[-1]] if is_step[-1] else b""
    if last and (not held or held[-1] != last):
        held.append(last)
    return pieces + _parsed(b"".join(held))


def _opened(path: Path) -> Iterator[BinaryIO]:
    """Yield the open file, or nothing when there is none."""
    try:
        with path.open("rb") as stream:
            yield stream
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunFolderError(
            f"{path} cannot be read ({error.strerror}); check who may read it."
        ) from error


def _whole_lines(stream: BinaryIO, offset: int, size: int = _PORTION) -> bytes:
    """Return the lines that begin at `offset`, at least one if there is a whole one."""
    stream.seek(offset)
    data = stream.read(size)
    end = data.rfind(b"\n") + 1
    while not end and len(data) == size:
        size *= 4
        stream.seek(offset)
        data = stream.read(size)
        end = data.rfind(b"\n") + 1
    return data[:end]


def _lines(data: bytes) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
    """Return where each line begins and ends, and whether it is a step."""
    letters = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(letters == 10) + 1
    starts = np.concatenate([[0], ends[:-1]])
    is_step = np.zeros(len(starts), dtype=bool)
    # The name stands behind the time, whose length varies: {"time": 1795379676.123, "event": "...
    left = np.arange(len(starts))
    for length in (14, 13, 12, *range(3, 12), *range(15, 20)):
        place = starts[left] + 9 + length
        inside = place + 14 < ends[left]
        left, place = left[inside], place[inside]
        hit = (letters[place] == ord(",")) & (letters[place + 2] == ord('"'))
        named = hit & (letters[place + 12] == ord("S")) & (letters[place + 13] == ord("t"))
        is_step[left[named]] = True
        left = left[~hit]
    return starts, ends, is_step


def _parsed(data: bytes) -> list[Piece]:
    """Return the events of whole lines, their steps as blocks."""
    pieces: list[Piece] = []
    lines = data.splitlines(keepends=True)
    for steps, group in itertools.groupby(lines, lambda line: line.find(_STEP, 0, 64) > 0):
        if steps:
            pieces += _blocks(list(group))
        else:
            for line in group:
                pieces += _single(line)
    return pieces


def _single(line: bytes) -> list[Piece]:
    parsed = parse_line(line)
    return [parsed] if parsed is not None else []


def _blocks(lines: list[bytes]) -> list[Piece]:
    """Return the steps of these lines; where their names change, a block ends."""
    block = _table(lines)
    if block is not None:
        return [block]
    if len(lines) == 1:
        return digest(item for item in [parse_line(lines[0])] if item is not None)
    middle = len(lines) // 2
    return _blocks(lines[:middle]) + _blocks(lines[middle:])


def _table(lines: list[bytes]) -> StepBlock | None:
    """Read lines that have the names of the first one, None if they have not."""
    names = _names_in(lines[0])
    if names is None:
        return None
    columns, losses, literals = names
    text = data = b"".join(lines)
    for literal in literals:
        text = text.replace(literal, b"")
    if len(data) - len(text) != len(lines) * sum(map(len, literals)):
        return None
    text = text.translate(bytes.maketrans(b"\n", b","), b"{} ")
    if text.translate(None, _NUMERIC):
        return None
    try:
        values = np.fromstring(text[:-1], dtype=np.float64, sep=",")
    except ValueError:
        return None
    if values.size != len(lines) * len(columns):
        return None
    table = values.reshape(len(lines), len(columns)).T
    if not np.isfinite(table[columns.index("time")]).all():
        return None
    return StepBlock(
        {name: np.ascontiguousarray(row) for name, row in zip(columns, table, strict=True)}, losses
    )


def _names_in(line: bytes) -> tuple[list[str], tuple[str, ...], list[bytes]] | None:
    """Return the columns of a step, its losses, and the texts to take out to leave numbers."""
    try:
        record: Any = json.loads(line)
        losses = record["losses"]
        plain = {key: value for key, value in record.items() if key not in ("event", "losses")}
        numbers = [*plain.values(), *losses.values()]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if not losses or not all(type(value) in (int, float) for value in numbers):
        return None
    if not {"time", "epoch", *_FIGURES} <= plain.keys():
        return None
    columns: list[str] = []
    literals = [b'"event": "StepLogged", ', b'"losses": ']
    for key in record:
        if key == "losses":
            columns += losses
        elif key != "event":
            columns.append(_NAMES.get(key, key))
    literals += [json.dumps(key).encode() + b": " for key in (*plain, *losses)]
    if len(set(columns)) < len(columns):
        return None
    return columns, tuple(losses), literals


def _block_of(steps: list[tuple[float, Event]]) -> StepBlock:
    count = len(steps)
    names = dict.fromkeys(
        name for _, event in steps if isinstance(event, StepLogged) for name in event.losses
    )
    columns = {name: np.full(count, math.nan) for name in names}
    for row, (_, event) in enumerate(steps):
        assert isinstance(event, StepLogged)
        for name, value in event.losses.items():
            columns[name][row] = value
    columns["time"] = np.array([time for time, _ in steps])
    columns["number"] = np.array([float(getattr(event, "epoch")) for _, event in steps])  # noqa: B009
    for name in _FIGURES:
        columns[name] = np.array([float(getattr(event, name)) for _, event in steps])
    return StepBlock(columns, tuple(names))
