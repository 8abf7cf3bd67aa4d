"""The sound files below a folder, found again under the names that tables give them."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path, PurePosixPath

from core.audio.files import FFMPEG_SUFFIXES, NATIVE_SUFFIXES

_SUFFIXES = frozenset((*NATIVE_SUFFIXES, *FFMPEG_SUFFIXES))


class SoundIndex:
    """The sound files below a folder, hidden ones left out.

    A table may spell a name otherwise than the disk does: umlauts in two pieces, other letter
    case, backslashes, no folder or those of another machine, no suffix or another one. Each such
    spelling is followed where it leads to one file only.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: tuple[str, ...] = tuple(_walk(folder))
        self._exact = dict.fromkeys(self.files)
        self._keys: list[dict[str, str | None]] = []
        for spell in (_plain, _bare, _stem):
            keys: dict[str, str | None] = {}
            for file in self.files:
                key = spell(file)
                # None marks a spelling that several files share.
                keys[key] = file if key not in keys else None
            self._keys.append(keys)

    def find(self, name: str) -> str | None:
        """Return the path of a file below the folder, or its full path; None where it is not."""
        if name in self._exact:
            return name
        try:
            path = Path(name)
            if path.is_absolute() and path.is_file():
                return name
        except (OSError, ValueError):
            return None
        spelled = name.replace("\\", "/").removeprefix("./")
        parts = spelled.split("/")
        # The folders above may be those of another machine.
        for start in range(len(parts) - 1):
            found = self._keys[0].get(_plain("/".join(parts[start:])))
            if found is not None:
                return found
        for keys, spell in zip(self._keys, (_plain, _bare, _stem), strict=True):
            found = keys.get(spell(spelled))
            if found is not None:
                return found
        return None

    def is_sound(self, name: str) -> bool:
        """Whether a text is a file name with a suffix of sounds, and of a file that is there."""
        return PurePosixPath(name).suffix.lower() in _SUFFIXES and self.find(name) is not None


def _walk(folder: Path) -> list[str]:
    found = []
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = Path(here).relative_to(folder)
        found += [
            (below / name).as_posix()
            for name in sorted(names)
            if not name.startswith(".") and PurePosixPath(name).suffix.lower() in _SUFFIXES
        ]
    return found


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _bare(name: str) -> str:
    return _plain(PurePosixPath(name).name)


def _stem(name: str) -> str:
    bare = PurePosixPath(_bare(name))
    return bare.stem if bare.suffix in _SUFFIXES else bare.name
