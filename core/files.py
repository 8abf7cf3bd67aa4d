"""Files that are either written whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import stat
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import Any

# Read once: the only way to read it is to change it, which is not safe while other threads write.
_UMASK = os.umask(0)
os.umask(_UMASK)


@contextmanager
def replace_atomic(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; on success flush it to disk and rename it to `path`.

    When the body raises, the temporary file is removed and `path` stays what it was. A link stays
    one, and what it leads to is replaced. A device or a pipe is written into.
    """
    if is_stream(path):
        with tempfile.TemporaryDirectory(prefix="aac-studio-") as folder:
            temporary = Path(folder, "content")
            temporary.touch()
            yield temporary
            with path.open("wb", buffering=0) as stream:
                _put(stream, temporary.read_bytes())
        return
    if path.is_symlink():
        path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    # Of a long name only the beginning: with what comes around it, it would be too long a name.
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        # mkstemp makes files that only the owner reads; ours are ordinary files.
        temporary.chmod(0o666 & ~_UMASK)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def is_stream(path: Path) -> bool:
    """Say whether a path, or what it links to, is a device or a pipe: no file, and no folder."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def write_bytes_atomic(path: Path, content: bytes | memoryview) -> None:
    """Write `content` to `path`, whole or not at all."""
    with replace_atomic(path) as temporary, temporary.open("wb", buffering=0) as stream:
        _put(stream, content)


def write_proven(path: Path, content: bytes | memoryview, previous: Path | None = None) -> None:
    """Write `content` to `path` when it can be read back, and keep what stood there as `previous`.

    Raises `OSError` when the disk refuses or gives back something else; `path` and `previous` then
    stay what they were.
    """
    with replace_atomic(path) as temporary:
        with temporary.open("wb", buffering=0) as stream:
            _put(stream, content)
            os.fsync(stream.fileno())
        if temporary.read_bytes() != content:
            raise OSError(errno.EIO, "what was written cannot be read back", str(path))
        if previous is not None and path.exists():
            keep_as(path, previous)


def keep_as(path: Path, other: Path) -> None:
    """Give a file a second name as well, replacing what had that one; copied where it must be."""
    if other.exists() and other.samefile(path):
        return  # Renaming one name of a file to another of its names would leave both.
    with replace_atomic(other) as temporary:
        temporary.unlink()
        try:
            os.link(path, temporary)
        except OSError:  # A file system without links, such as FAT.
            shutil.copyfile(path, temporary)


def write_text_atomic(path: Path, text: str) -> None:
    """Write `text` to `path` as UTF-8, whole or not at all."""
    write_bytes_atomic(path, text.encode("utf-8"))


def write_json_atomic(path: Path, value: Any) -> None:
    """Write `value` to `path` as indented JSON, whole or not at all."""
    write_text_atomic(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file. Raises `OSError` or `ValueError` as the standard library does."""
    return json.loads(path.read_text(encoding="utf-8"))


def unreadable_json(error: OSError | ValueError) -> str:
    """Say in a few words why `read_json` failed."""
    if isinstance(error, OSError):
        return f"it cannot be read ({error.strerror or error})"
    if isinstance(error, json.JSONDecodeError):
        return f"it is no JSON from line {error.lineno} on"
    return "it is no text" if isinstance(error, UnicodeDecodeError) else "it is no JSON"


def words_for_path(text: str, most: int = 60) -> str:
    """Return the letters and digits of any script, lower case, with "-" between words; may be "".

    Accents and the like are taken off where a letter can be written without: "Été 3" is "ete-3".
    """
    apart = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    words = re.sub(r"(?:[^\w+]|_)+", "-", unicodedata.normalize("NFC", plain))
    return words[:most].strip("-")


def append_line(path: Path, line: bytes) -> None:
    """Append a line to a file, whole or not at all, closing off a torn one that stands at its end.

    Raises `OSError` when the disk refuses; the file then ends where it ended before.
    """
    with path.open("ab+", buffering=0) as stream:
        end = stream.seek(0, os.SEEK_END)
        start = b""
        if end:
            stream.seek(-1, os.SEEK_END)
            start = b"" if stream.read(1) == b"\n" else b"\n"
        try:
            _put(stream, start + line + b"\n")
        except OSError:
            with suppress(OSError):
                os.ftruncate(stream.fileno(), end)
            raise


def is_disk_full(error: BaseException) -> bool:
    """Say whether an error, or what caused it, is a disk or a quota without space."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        cause = cause.__cause__
    return False


def remove_leftovers(folder: Path) -> None:
    """Remove the half-written files that a killed process left in a folder."""
    for path in folder.glob(".*.part"):
        with suppress(OSError):
            path.unlink()


def _put(stream: FileIO, content: bytes | memoryview) -> None:
    """Write to an open file: the one way in which checkpoints, states and events reach the disk."""
    # The files are unbuffered, so that what is refused is not tried once more when they are closed.
    rest = memoryview(content)
    while rest:
        rest = rest[stream.write(rest) :]
