"""Checksums of files that may be large."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

_CHUNK = 1 << 20


def file_md5(path: Path) -> str:
    """Return the MD5 of a file in hexadecimal digits."""
    *_, (_, digest) = hashed(path)
    return digest


def hashed(path: Path) -> Iterator[tuple[int, str]]:
    """Hash a file in portions, yielding the bytes read so far and, at last, the MD5."""
    digest, done = hashlib.md5(usedforsecurity=False), 0
    with closing(path.open("rb")) as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            done += len(chunk)
            yield done, ""
    yield done, digest.hexdigest()
