"""From what was dropped, chosen or pasted to a list of sound files. No Qt in here."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import unquote, urlparse

from core.audio.files import openable_suffixes
from core.wording import count_text

MOST_FILES = 2000


def dialog_filter() -> str:
    """Return the name filter of the dialog that opens sounds."""
    patterns = " ".join(f"*{suffix} *{suffix.upper()}" for suffix in sorted(openable_suffixes()))
    return f"Sounds ({patterns});;All files (*)"


def collect_sounds(
    paths: Iterable[Path], most: int | None = MOST_FILES, closed: list[Path] | None = None
) -> list[Path]:
    """Return the files among `paths` and the sound files inside the folders among them.

    A file named by the user is kept whatever its suffix, so that a wrong one can be reported;
    folders are searched deeply, in order of name, for suffixes that can be opened. Each file comes
    once, and there are at most `most` of them. Folders that nobody may look into go to `closed`.
    """

    def refuse(error: OSError) -> None:
        if closed is not None and error.filename is not None:
            closed.append(Path(error.filename))

    suffixes = openable_suffixes()
    found: dict[Path, None] = {}
    for path in paths:
        if is_folder(path):
            for folder, subfolders, names in os.walk(path, onerror=refuse):
                subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
                for name in sorted(names):
                    if name.lower().endswith(suffixes) and not name.startswith("."):
                        found.setdefault(Path(folder, name))
                if most is not None and len(found) >= most:
                    break
        else:
            found.setdefault(path)
    return list(found)[:most]


def is_folder(path: Path) -> bool:
    """Say whether a path is a folder; one that cannot be reached is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def is_there(path: Path) -> bool:
    """Say whether there is a file at a path; one that cannot be reached is not there."""
    try:
        return path.is_file()
    except OSError:
        return False


def parse_paths(text: str) -> list[Path]:
    """Return the paths in pasted text: one a line, with or without quotes or ``file://``."""
    paths = []
    for line in text.splitlines():
        entry = line.strip().strip("\"'")
        if not entry:
            continue
        if entry.lower().startswith("file:"):
            entry = unquote(urlparse(entry).path)
            # file:///C:/sounds/a.wav: the slash before a drive letter is no part of the path.
            if len(entry) > 2 and entry[0] == "/" and entry[2] == ":":
                entry = entry[1:]
        paths.append(Path(entry).expanduser())
    return paths


def not_searched(closed: Sequence[Path]) -> str:
    """Say which folders could not be looked into; "" where there is none."""
    if not closed:
        return ""
    others = f" and {count_text(len(closed) - 1, 'other folder')}" if closed[1:] else ""
    return f"You have no permission to look into '{closed[0]}'{others}; change the access rights."


def nothing_found(paths: Iterable[Path], closed: Sequence[Path] = ()) -> str:
    """Say that there is no sound in the folders that were searched, or that none could be."""
    if closed:
        return not_searched(closed)
    folders = [path for path in paths if is_folder(path)]
    where = f"in '{folders[0].name or folders[0]}'" if len(folders) == 1 else "in these folders"
    return (
        f"There is no sound file {where}, nor in the folders inside; choose another folder, or "
        "open a single file whatever its name ends in."
    )
