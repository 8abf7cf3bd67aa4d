"""Several datasets as one, to be trained on together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.data.clips import Clip, Dataset, audio_fingerprint, missing_files
from core.data.unread_tables import UnreadTable, unread_tables
from core.errors import DatasetError

TRAIN, VALIDATION = "train", "validation"

_CLOTHO = ("Clotho", ("clotho",), "wavcaps-no-clotho")
_AUDIOCAPS = ("AudioCaps", ("audiocaps", "audiocaps-v2"), "wavcaps-no-clotho-audiocaps")
# What datasets share with others: whose sounds, the names of these, what to take instead.
_SHARED = {"wavcaps": (_CLOTHO, _AUDIOCAPS), "wavcaps-no-clotho": (_AUDIOCAPS,)}


class Joined:
    """The training splits of all parts as ``train``; the first part that has one validates.

    A training that adds other data to a dataset still aims at that dataset, so it alone
    validates: name it first. The other splits keep their names behind the part: ``clotho/test``.
    A clip's id is ``part/id``.

    Raises
    ------
    DatasetError
        A part is named twice.
    """

    def __init__(self, parts: Sequence[Dataset]) -> None:
        names = [part.name for part in parts]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise DatasetError(f"The dataset '{twice}' is joined to itself; name it once.")
        self.name = "+".join(names)
        self.parts: Mapping[str, Dataset] = dict(zip(names, parts, strict=True))
        validating = next((part for part in parts if len(part.splits) > 1), None)
        routes = {TRAIN: tuple((part.name, part.splits[0]) for part in parts)}
        if validating is not None:
            routes[VALIDATION] = ((validating.name, validating.splits[1]),)
            for part in parts:
                rest = part.splits[2:] if part is validating else part.splits[1:]
                routes.update({f"{part.name}/{split}": ((part.name, split),) for split in rest})
        self._routes = routes

    @property
    def splits(self) -> tuple[str, ...]:
        """``train``, ``validation`` where a part has such a split, and the parts' other splits."""
        return tuple(self._routes)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about parts that hold sounds which another part is measured on."""
        return tuple(
            f"'{name}' holds sounds of {other}, so that measures on '{part}' will flatter the "
            f"model; join '{remedy}' instead."
            for name in self.parts
            for other, lists, remedy in _SHARED.get(name, ())
            for part in self.parts
            if part in lists
        )

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with rows of the parts' tables."""
        return tuple(
            f"{name}: {text}" for name, part in self.parts.items() for text in _of(part, "problems")
        )

    @property
    def unlisted(self) -> tuple[str, ...]:
        """Sounds in folders of the parts that no row names."""
        return tuple(
            f"{name}/{file}" for name, part in self.parts.items() for file in _of(part, "unlisted")
        )

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables that parts of one's own are read from."""
        return tuple(
            f"{name}/{table}" for name, part in self.parts.items() for table in _of(part, "tables")
        )

    def unread_tables(self) -> tuple[UnreadTable, ...]:
        """Return the tables that the parts leave out."""
        return tuple(
            replace(table, sentence=f"{name}: {table.sentence}")
            for name, part in self.parts.items()
            for table in unread_tables(part)
        )

    def routes(self, split: str) -> tuple[tuple[Dataset, str], ...]:
        """Return the parts that a split is made of, each with its own name of the split."""
        if split not in self._routes:
            raise DatasetError(
                f"The dataset '{self.name}' has no split '{split}'; "
                f"choose one of {', '.join(self._routes)}."
            )
        return tuple((self.parts[name], own) for name, own in self._routes[split])

    def clips(self, split: str) -> tuple[Clip, ...]:
        """The clips of all parts of a split, part by part."""
        return tuple(
            replace(clip, id=f"{part.name}/{clip.id}")
            for part, own in self.routes(split)
            for clip in part.clips(own)
        )

    def load_audio(self, clip: Clip, sample_rate: int) -> NDArray[np.float32]:
        """Samples (n,) of a clip, as its part gives them."""
        name, _, own = clip.id.partition("/")
        return self.parts[name].load_audio(replace(clip, id=own), sample_rate)

    def missing(self, split: str) -> tuple[str, ...]:
        """Names of the files that are not there."""
        return tuple(
            f"{part.name}/{name}"
            for part, own in self.routes(split)
            for name in missing_files(part, own)
        )

    def fingerprint(self, split: str) -> str:
        """Hash of the parts' fingerprints."""
        return _hash(part.fingerprint(own) for part, own in self.routes(split))

    def audio_fingerprint(self, split: str) -> str:
        """Hash of the fingerprints of the parts' audio."""
        return _hash(audio_fingerprint(part, own) for part, own in self.routes(split))


def _of(part: Dataset, attribute: str) -> tuple[str, ...]:
    return tuple(getattr(part, attribute, ()))


def _hash(prints: Iterable[str]) -> str:
    return hashlib.sha256(":".join(prints).encode()).hexdigest()
