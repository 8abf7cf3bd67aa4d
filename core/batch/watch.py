"""A folder that files come into: which of them are new, and written to their end.

The folder is looked through again and again. What the system itself tells of changes is not asked:
on network folders it knows nothing of what other machines write.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from core.audio.files import FFMPEG_SUFFIXES, NATIVE_SUFFIXES
from core.audio.takes import GROWING

# Seconds for which a file must stay as it is before it counts as written to its end.
SETTLED_SECONDS = 2.0
# A file without content is most likely about to get some; after so long it is what it is.
EMPTY_SECONDS = 60.0

_SUFFIXES = tuple({*NATIVE_SUFFIXES, *FFMPEG_SUFFIXES})

Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that is not ready: whether it is empty, and for how many seconds it has been so."""

    path: Path
    empty: bool
    seconds: float


@dataclass(slots=True)
class _Seen:
    """A file as it was at the last look: size and time of change, since when, and as what taken.

    `came` is when it was first seen to be new or another.
    """

    stamp: Stamp
    since: float
    came: float
    taken: Stamp | None = None


@dataclass(slots=True)
class FolderWatch:
    """Looks for sound files that came into a folder, or were changed, since the watch began.

    Hidden files and folders, and takes that are still being recorded, are passed over.

    Attributes
    ----------
    folder
        The folder.
    deep
        Whether its sub-folders belong to it.
    existing
        Whether files that are there at the first look are new as well.
    problem
        Why the last look failed, or "": a network folder may be away for a while.
    """

    folder: Path
    deep: bool = True
    existing: bool = False
    problem: str = ""
    _seen: dict[Path, _Seen] = field(default_factory=dict)
    _looked: bool = False

    def waiting(self, now: float) -> list[Waiting]:
        """Return the files that came but were not ready at the last look."""
        return [
            Waiting(path, not item.stamp[0], now - item.came)
            for path, item in sorted(self._seen.items())
            if item.taken != item.stamp
        ]

    def look(self, now: float) -> list[Path]:
        """Return the files that are ready, each once for each change; `now` counts in seconds."""
        try:
            found = dict(_files(self.folder, self.deep))
            self.problem = ""
        except OSError as error:
            self.problem = error.strerror or str(error)
            return []
        # What is away and comes back as it was is not new: a share that is not mounted looks empty.
        for path in [path for path in self._seen if path not in found]:
            gone = self._seen[path]
            if gone.taken is None:
                del self._seen[path]
            else:
                gone.stamp = gone.taken
        ready = []
        for path, stamp in found.items():
            item = self._seen.get(path)
            if item is None:
                item = self._seen[path] = _Seen(stamp, now, now)
                if not self._looked and not self.existing:
                    item.taken = stamp
            elif item.stamp != stamp:
                if item.taken == item.stamp:
                    item.came = now
                item.stamp, item.since = stamp, now
            patience = SETTLED_SECONDS if stamp[0] else EMPTY_SECONDS
            if item.taken != stamp and now - item.since >= patience:
                item.taken = stamp
                ready.append(path)
        self._looked = True
        return sorted(ready)


def _files(folder: Path, deep: bool) -> Iterator[tuple[Path, Stamp]]:
    """Yield the sound files of a folder with size and time of change.

    Raises `OSError` where the folder itself cannot be read; a part that cannot is passed over.
    """
    with os.scandir(folder) as entries:
        found = [entry for entry in entries if not entry.name.startswith(".")]
    for entry in found:
        try:
            # As everywhere, links to folders are not followed: they may lead in a circle.
            if entry.is_dir(follow_symlinks=False):
                if deep:
                    yield from _files(Path(entry.path), deep)
            elif (
                entry.name.lower().endswith(_SUFFIXES)
                and not entry.name.endswith(GROWING)
                and entry.is_file()
            ):
                status = entry.stat()
                yield Path(entry.path), (status.st_size, status.st_mtime_ns)
        except OSError:
            continue
