"""Outputs that grow by a file at a time, and tell when they are opened what they list already."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from core.batch import BATCH_EXPORTS, BatchRow, RowState
from core.cli.caption_batch import as_csv
from core.cli.growing_document import Document, absolute, told
from core.cli.output import path_text
from core.cli.output_places import check_places, check_writable, outputs_of
from core.errors import StudioError
from core.files import append_line, write_bytes_atomic, write_text_atomic

# The longest head of a table.
_HEAD = "file_name,caption_predicted,confidence"


class GrowingOutput(Protocol):
    """A file that results are added to. All methods raise `StudioError` where the disk refuses."""

    def lists(self, path: Path) -> bool:
        """Whether it has this file already."""
        ...

    def add(self, row: BatchRow) -> None:
        """Add a file that was captioned or has failed, in place of what it had of it."""
        ...

    def close(self) -> None:
        """Bring it up to date."""
        ...


class _Lines:
    """A file of lines, each about a sound file; the first may be a head."""

    def __init__(self, out: Path, head: str = "") -> None:
        self._out, self._head = out, head
        self._keys: set[str] = set()
        check_writable(out, grows=True)
        with told(out):
            for line in self._content():
                if (key := self._key(line)) is None:
                    raise self._not_ours()
                self._keys.add(key)
            self._cut_torn_line()

    def lists(self, path: Path) -> bool:
        return self._key_of(path) in self._keys

    def add(self, row: BatchRow) -> None:
        line = self._line(row)
        if line is None:
            return
        key = self._key_of(row.path)
        with told(self._out):
            if key in self._keys:
                # Captioned anew: the old line goes.
                kept = [one for one in self._content() if self._key(one) != key]
                text = "".join(one + "\n" for one in (*self._heads(), *kept, line))
                write_text_atomic(self._out, text)
            else:
                if not self._out.exists():
                    for one in self._heads():
                        append_line(self._out, one.encode())
                append_line(self._out, line.encode())
            self._keys.add(key)

    def close(self) -> None:
        if not self._out.exists() and self._head:
            with told(self._out):
                append_line(self._out, self._head.encode())

    def _heads(self) -> list[str]:
        return [self._head] if self._head else []

    def _content(self) -> Iterator[str]:
        """Yield the lines but the head, and but one that a crash tore."""
        whole, torn = self._read()
        lines = _records(whole.decode("utf-8", "replace"), bool(self._head))
        if lines and self._head and not self._is_head(lines.pop(0)):
            raise self._not_ours()
        # Of a file without a whole line only the beginning tells whose it is.
        ours = _HEAD.encode().startswith(torn) if self._head else torn[:1] in (b"", b"{")
        if not whole and not ours:
            raise self._not_ours()
        yield from lines

    def _read(self) -> tuple[bytes, bytes]:
        """Return the whole lines, and what follows the last of them."""
        content = self._out.read_bytes() if self._out.exists() else b""
        end = content.rfind(b"\n") + 1
        return content[:end], content[end:]

    def _cut_torn_line(self) -> None:
        """Leave out the line that a crash tore, once it is known whose file this is."""
        whole, torn = self._read()
        if not whole:
            self._out.unlink(missing_ok=True)
        elif torn:
            write_bytes_atomic(self._out, whole)

    def _not_ours(self) -> StudioError:
        return StudioError(
            f"{self._out} holds something else than what this command writes there; name another "
            "file."
        )

    def _is_head(self, line: str) -> bool:
        return line == self._head

    def _key_of(self, path: Path) -> str:
        return absolute(path_text(str(path)))

    def _key(self, line: str) -> str | None:
        raise NotImplementedError

    def _line(self, row: BatchRow) -> str | None:
        raise NotImplementedError


class Table(_Lines):
    """``--csv``: file_name, caption_predicted, and the confidence where there is one."""

    def __init__(self, out: Path, confidence: bool) -> None:
        self._columns = 3 if confidence else 2
        super().__init__(out, _heading(self._columns))

    def _is_head(self, line: str) -> bool:
        # A table that another checkpoint began keeps its columns.
        for columns in (2, 3):
            head = _heading(columns)
            if line == head:
                self._columns, self._head = columns, head
                return True
        return False

    def _key(self, line: str) -> str | None:
        cells = next(csv.reader(io.StringIO(line, newline="")), [])
        return absolute(cells[0]) if len(cells) == self._columns else None

    def _line(self, row: BatchRow) -> str | None:
        if row.state is not RowState.DONE:
            return None
        cells = next(csv.reader(as_csv([row]).splitlines(keepends=True)[1:]))
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="")
        writer.writerow([*cells, ""][: self._columns])
        return text.getvalue()


class Lines(_Lines):
    """``--jsonl``: a line of JSON for each file, also for those that cannot be read."""

    def _key(self, line: str) -> str | None:
        try:
            return absolute(str(json.loads(line)["path"]))
        except (ValueError, TypeError, KeyError):
            return None

    def _key_of(self, path: Path) -> str:
        return absolute(str(path).encode("utf-8", "replace").decode())

    def _line(self, row: BatchRow) -> str | None:
        return BATCH_EXPORTS["jsonl"].text([row]).rstrip("\n")


class Submission(_Lines):
    """``--dcase``: names without folders. Of two files with the same name it keeps the first."""

    def __init__(self, out: Path) -> None:
        self._paths: dict[str, Path] = {}
        super().__init__(out, "file_name,caption_predicted")

    def lists(self, path: Path) -> bool:
        """Whether it has this file already; the first that is asked for has a name from before."""
        return super().lists(path) and self._paths.setdefault(self._key_of(path), path) == path

    def add(self, row: BatchRow) -> None:
        """Add a file that was captioned. Raises `StudioError` for a name that is there already."""
        if row.state is not RowState.DONE:
            return
        first = self._paths.setdefault(self._key_of(row.path), row.path)
        if first != row.path:
            raise StudioError(
                f"Two files are named '{path_text(row.path.name)}', which a submission cannot tell "
                f"apart; {self._out.name} keeps the first."
            )
        super().add(row)

    def _key_of(self, path: Path) -> str:
        return path.name.encode("utf-8", "replace").decode()

    def _key(self, line: str) -> str | None:
        cells = next(csv.reader(io.StringIO(line, newline="")), [])
        return cells[0] if len(cells) == 2 else None

    def _line(self, row: BatchRow) -> str | None:
        return BATCH_EXPORTS["dcase"].text([row]).split("\n", 1)[1].rstrip("\n")


def open_outputs(options: argparse.Namespace, confidence: bool) -> list[GrowingOutput]:
    """Open all outputs that are asked for. Raises `StudioError` where one cannot be used."""
    places = outputs_of(options, ("json", *BATCH_EXPORTS))
    check_places(list(places.values()))
    outputs: list[GrowingOutput] = []
    if "json" in places:
        outputs.append(Document(places["json"]))
    if "csv" in places:
        outputs.append(Table(places["csv"], confidence))
    if "jsonl" in places:
        outputs.append(Lines(places["jsonl"]))
    if "dcase" in places:
        outputs.append(Submission(places["dcase"]))
    return outputs


def _heading(columns: int) -> str:
    return ",".join(_HEAD.split(",")[:columns])


def _records(text: str, table: bool) -> list[str]:
    """Return the lines of a text; in a table a cell in quotes may go over several of them."""
    lines: list[str] = []
    held = ""
    for line in text.split("\n")[:-1]:
        held = f"{held}\n{line}" if held else line
        if not table or held.count('"') % 2 == 0:
            lines.append(held.rstrip("\r"))
            held = ""
    return lines
