"""Lengths of sound files, read from their headers once and remembered while they do not change."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.audio.files import probe
from core.errors import AudioFileError
from core.files import read_json, write_text_atomic
from core.paths import home

_MOST_THREADS = 8
_WORTH_THREADS = 64


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Size in bytes, time of the last change in ns, and length in seconds (0 if unreadable)."""

    size: int
    modified: int
    seconds: float


def file_facts(folder: Path, names: Sequence[str]) -> list[FileFacts | None]:
    """Return what is known of the files `names` below `folder`; None for one that is not there.

    Headers are read in several threads, and only of files that are new or have changed since they
    were last asked for; what they said is kept in the program's folder, not among the sounds.
    """
    remembered = _read(_cache_file(folder))
    found: list[FileFacts | None] = []
    unknown: list[int] = []
    for position, name in enumerate(names):
        about = _stat(folder / name)
        if about is None:
            found.append(None)
            continue
        known = remembered.get(name)
        if known is None or (known[0], known[1]) != (about.st_size, about.st_mtime_ns):
            unknown.append(position)
            found.append(FileFacts(about.st_size, about.st_mtime_ns, 0.0))
        else:
            found.append(FileFacts(about.st_size, about.st_mtime_ns, known[2]))
    if unknown:
        paths = [folder / names[position] for position in unknown]
        for position, seconds in zip(unknown, _measure(paths), strict=True):
            facts = found[position]
            assert facts is not None
            found[position] = FileFacts(facts.size, facts.modified, seconds)
            remembered[names[position]] = (facts.size, facts.modified, seconds)
        _write(_cache_file(folder), remembered)
    return found


def _measure(paths: Sequence[Path]) -> list[float]:
    if len(paths) < _WORTH_THREADS:
        return [_seconds(path) for path in paths]
    threads = min(_MOST_THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads, thread_name_prefix="header") as pool:
        return list(pool.map(_seconds, paths, chunksize=16))


def _seconds(path: Path) -> float:
    try:
        return probe(path).duration
    except AudioFileError:
        return 0.0


def _stat(path: Path) -> os.stat_result | None:
    try:
        about = path.stat()
    except (OSError, ValueError):  # ValueError: a zero byte in the name
        return None
    return about if not path.is_dir() else None


def _cache_file(folder: Path) -> Path:
    key = hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()[:16]
    return home() / "cache" / "durations" / f"{key}.json"


def _read(path: Path) -> dict[str, tuple[int, int, float]]:
    try:
        record = read_json(path)
        return {str(name): (int(a), int(b), float(c)) for name, (a, b, c) in record.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write(path: Path, remembered: dict[str, tuple[int, int, float]]) -> None:
    # What cannot be remembered is measured again.
    with suppress(OSError, UnicodeError):
        write_text_atomic(path, json.dumps(remembered))
