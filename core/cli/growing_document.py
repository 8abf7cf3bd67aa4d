"""``--json`` while it grows: one document that a crash takes nothing from."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from core.batch import BatchRow, RowState
from core.cli.caption_batch import as_json
from core.cli.output import path_text
from core.cli.output_places import check_writable
from core.errors import StudioError
from core.files import append_line, read_json, write_text_atomic

# A document that must be written as a whole may take this share of the time, no more.
_SHARE = 0.05


class Document:
    """``--json``: one document, written as a whole as often as that takes little of the time.

    Meanwhile what is new stands, a line each, in a file beside it, which a crash leaves behind.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self._news = out.with_name(f".{out.name}.news")
        self._captions: dict[str, Any] = {}
        self._failed: dict[str, Any] = {}
        self._changed = True
        self._next = 0.0
        check_writable(out, grows=True)
        try:
            with told(out):
                self._load()
        except (ValueError, TypeError, KeyError) as error:
            raise StudioError(
                f"{out} holds something else than what this command writes there; name another "
                "file."
            ) from error

    def _load(self) -> None:
        if self._out.exists():
            content = read_json(self._out)
            for item in (*content["captions"], *content["failed"]):
                self._put(item)
        if self._news.exists():
            for line in self._news.read_text(encoding="utf-8", errors="replace").splitlines():
                with suppress(ValueError, TypeError, KeyError):  # A crash may have torn it.
                    self._put(json.loads(line))

    def lists(self, path: Path) -> bool:
        """Whether it has this file already."""
        key = absolute(path_text(str(path)))
        return key in self._captions or key in self._failed

    def add(self, row: BatchRow) -> None:
        """Add a file, and write the document if that is due."""
        content = (
            as_json([row], [])
            if row.state is RowState.DONE
            else as_json([], [(str(row.path), row.message)])
        )
        made = json.loads(content)
        (item,) = made["captions"] or made["failed"]
        self._put(item)
        self._changed = True
        if time.monotonic() >= self._next:
            self.close()
        else:
            with told(self._out):
                append_line(self._news, json.dumps(item, ensure_ascii=False).encode())

    def close(self) -> None:
        """Write the document."""
        if not self._changed:
            return
        started = time.monotonic()
        content = {
            "captions": list(self._captions.values()),
            "failed": list(self._failed.values()),
        }
        with told(self._out):
            write_text_atomic(self._out, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
            self._news.unlink(missing_ok=True)
        now = time.monotonic()
        self._next = now + (now - started) / _SHARE
        self._changed = False

    def _put(self, item: dict[str, Any]) -> None:
        """Take what is told of a file in place of what was known of it."""
        key = absolute(item["file_name"])
        self._captions.pop(key, None)
        self._failed.pop(key, None)
        (self._failed if "problem" in item else self._captions)[key] = item


def absolute(path: str) -> str:
    """Return a path by which outputs know a file again."""
    return os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111


@contextmanager
def told(out: Path) -> Iterator[None]:
    """Tell what the disk says of an output in a sentence."""
    try:
        yield
    except OSError as error:
        raise _refused(out, error) from error


def _refused(out: Path, error: OSError) -> StudioError:
    return StudioError(
        f"{out} cannot be read or written ({error.strerror or error}); choose another place."
    )
