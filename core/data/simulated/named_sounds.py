"""All recordings whose name says what is heard, with the classes that YAMNet should hear in them.

They are the starter sounds (`resources/starter`), whose captions tell their classes, and further
recordings (`resources/recordings`), whose table names them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.data.simulated.texts import sound_clauses
from core.data.sound_events import mentioned_events
from core.data.starter.recordings import Recording, SoundLibrary
from core.paths import resources_dir

_RELATED = 2
COLUMNS = ("file", "sound", "yamnet", "author", "licence", "source")


@dataclass(frozen=True, slots=True)
class NamedSound:
    """A recording and what it is of.

    Attributes
    ----------
    path
        The file.
    sound
        Its name, e.g. ``dog bark``.
    names
        Classes of which at least one is heard.
    related
        Classes that may be heard as well.
    """

    path: Path
    sound: str
    names: tuple[str, ...]
    related: tuple[str, ...]


def named_sounds() -> tuple[NamedSound, ...]:
    """Return the recordings of both folders, those of the starter sounds first.

    Raises
    ------
    DatasetError
        A table is missing or damaged.
    """
    return (*_starter(), *_further())


class FurtherLibrary(SoundLibrary):
    """The recordings of `resources/recordings`: short sounds of many sources."""

    columns = COLUMNS

    def __init__(self) -> None:
        self.classes: dict[str, tuple[str, ...]] = {}
        super().__init__(resources_dir() / "recordings")

    def _recording(self, row: dict[str, str]) -> Recording:
        self.classes[row["file"]] = tuple(row["yamnet"].split("|"))
        return super()._recording({**row, "class": row["sound"], "kind": "bout"})


class AllSounds:
    """Starter sounds and further recordings, as one library."""

    def __init__(self) -> None:
        self._libraries = (SoundLibrary(), FurtherLibrary())
        self.recordings = tuple(r for library in self._libraries for r in library.recordings)
        self.table_bytes = b"".join(library.table_bytes for library in self._libraries)
        self._owner = {r: library for library in self._libraries for r in library.recordings}

    def samples(self, recording: Recording, sample_rate: int) -> NDArray[np.float32]:
        """Mono samples (n,) at `sample_rate` Hz; read-only, shared between calls."""
        return self._owner[recording].samples(recording, sample_rate)


def _further() -> tuple[NamedSound, ...]:
    library = FurtherLibrary()
    return tuple(
        NamedSound(library.root / r.file, r.sound, own[:1], own[1:])
        for r in library.recordings
        for own in (library.classes[r.file],)
    )


def _starter() -> tuple[NamedSound, ...]:
    library = SoundLibrary()
    words = {sound: _heard(sound) for sound in {r.sound for r in library.recordings}}
    return tuple(
        NamedSound(library.root / recording.file, recording.sound, *words[recording.sound])
        for recording in library.recordings
    )


def _heard(sound: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the classes that a starter sound's captions name, and their nearest relatives."""
    mentions = [
        mention
        for clause in sound_clauses()[sound]
        for mention in mentioned_events(clause.finite)[:2]
        if not mention.weak
    ]
    names = dict.fromkeys(mention.name for mention in mentions)
    related = dict.fromkeys(name for m in mentions for name in m.related[:_RELATED])
    return tuple(names), tuple(name for name in related if name not in names)
