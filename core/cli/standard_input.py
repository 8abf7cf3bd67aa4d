"""A sound that comes through a pipe, as a file: sounds are read forwards and backwards."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from core.errors import StudioError

SIGN = "-"
# What messages call it.
_NAME = "standard input"
# What one does about a file, but not about a pipe.
_OF_FILES = re.compile(r"; (copy|choose another|check its)\b.*")


@contextmanager
def standard_input(names: Sequence[str]) -> Iterator[Path | None]:
    """Give the path of what standard input holds where `names` ask for it, else None.

    Raises `StudioError` where nothing is piped in, or the disk is full.
    """
    if SIGN not in names:
        yield None
        return
    stream = sys.stdin.buffer if sys.stdin is not None else None
    if stream is None or stream.isatty():
        raise StudioError(
            "Nothing is piped into standard input; for example: cat rain.wav | aac-studio caption -"
        )
    with tempfile.TemporaryDirectory(prefix="aac-studio-") as folder:
        path = Path(folder, _NAME)
        try:
            with path.open("wb") as target:
                shutil.copyfileobj(stream, target, 1 << 20)
        except OSError as error:
            raise StudioError(
                f"Standard input cannot be kept in {folder} ({error.strerror or error}); make room "
                "on the disk."
            ) from error
        yield path


def of_pipe(message: str) -> str:
    """Return what is said of the file that holds what was piped in as it is said of a pipe."""
    text = re.sub(rf"'[^']*{_NAME}'", _NAME, message)
    text = text.replace("an empty file (0 bytes)", "empty").replace(
        "There is no file", "There is no"
    )
    text = _OF_FILES.sub("; check the command that writes into the pipe.", text)
    return text[0].upper() + text[1:]
