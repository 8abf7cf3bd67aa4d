"""Files that are either written whole or not at all."""

from __future__ import annotations

import json
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Read once: the only way to read it is to change it, which is not safe while other threads write.
_UMASK = os.umask(0)
os.umask(_UMASK)


@contextmanager
def replace_atomic(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; on success flush it to disk and rename it to `path`.

    When the body raises, the temporary file is removed and `path` stays what it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
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


def write_bytes_atomic(path: Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all."""
    with replace_atomic(path) as temporary:
        temporary.write_bytes(content)


def write_text_atomic(path: Path, text: str) -> None:
    """Write `text` to `path` as UTF-8, whole or not at all."""
    write_bytes_atomic(path, text.encode("utf-8"))


def write_json_atomic(path: Path, value: Any) -> None:
    """Write `value` to `path` as indented JSON, whole or not at all."""
    write_text_atomic(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file. Raises `OSError` or `ValueError` as the standard library does."""
    return json.loads(path.read_text(encoding="utf-8"))


def words_for_path(text: str, most: int = 60) -> str:
    """Return the letters and digits of any script, lower case, with "-" between words; may be "".

    Accents and the like are taken off where a letter can be written without: "Été 3" is "ete-3".
    """
    apart = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    words = re.sub(r"(?:[^\w+]|_)+", "-", unicodedata.normalize("NFC", plain))
    return words[:most].strip("-")
