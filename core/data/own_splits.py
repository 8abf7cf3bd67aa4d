"""Which sounds of a person's own folder are trained on, and which are held back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from core.data.file_dataset import Entry
from core.data.mapping import (
    KNOWN_SPLITS,
    TEST,
    TRAIN,
    VALIDATION,
    ColumnMapping,
    normal_split,
)
from core.errors import DatasetError

SOUNDS, UNCAPTIONED = "sounds", "uncaptioned"


@dataclass(slots=True)
class FoundSound:
    """What the tables say of one sound; `where` is the row that names it first.

    `empty` are its rows without a caption.
    """

    captions: list[str] = field(default_factory=list)
    split: str = ""
    extras: dict[str, str] = field(default_factory=dict)
    where: str = ""
    empty: list[str] = field(default_factory=list)


def split_up(
    found: dict[str, FoundSound], mapping: ColumnMapping, problems: list[str]
) -> dict[str, list[Entry]]:
    """Deal the sounds to splits, in the order of the tables. Raises `DatasetError`."""
    entries = {file: Entry(file, tuple(a.captions), extras=a.extras) for file, a in found.items()}
    captioned = [file for file, about in found.items() if about.captions]
    if not captioned:
        return {SOUNDS: list(entries.values())}
    told = {file: about.split for file, about in found.items() if about.split}
    names = {split: normal_split(split) for split in told.values()}
    # "dev" is Clotho's name for training, and other people's for validation.
    if any(split.lower().startswith("train") for split in names):
        names.update({split: VALIDATION for split in names if split.lower().startswith("dev")})
    of_file: dict[str, str] = {}
    if told:
        if not set(names.values()) & set(KNOWN_SPLITS):
            raise DatasetError(
                f"The column '{mapping.split}' names no split for training, validation or testing "
                f"(but {', '.join(sorted(names)[:5])}); choose another column, or none."
            )
        for file in captioned:
            of_file[file] = names[told[file]] if file in told else TRAIN
            if file not in told:
                problems.append(f"{found[file].where}: no split for '{file}'; it counts as train.")
        if VALIDATION not in of_file.values():
            training = [file for file in captioned if of_file[file] == TRAIN]
            of_file.update(draw_splits(training, mapping.validation_share, 0.0, mapping.seed))
    else:
        of_file = draw_splits(captioned, mapping.validation_share, mapping.test_share, mapping.seed)
    others = sorted(set(of_file.values()) - {TRAIN, VALIDATION, TEST})
    order = [TRAIN, VALIDATION, *([TEST] if TEST in of_file.values() else []), *others]
    splits: dict[str, list[Entry]] = {name: [] for name in order}
    bare = []
    for file, entry in entries.items():
        if file in of_file:
            splits[of_file[file]].append(entry)
        else:
            bare.append(entry)
            problems.append(f"{found[file].where}: no caption for '{file}'.")
    if bare:
        splits[UNCAPTIONED] = bare
    return splits


def draw_splits(
    names: Iterable[str], validation_share: float, test_share: float, seed: int
) -> dict[str, str]:
    """Deal names to train, validation and test, by nothing but the names and the seed.

    A share that is not zero gets at least one name where there are three or more (validation:
    two or more).
    """

    def draw(name: str) -> bytes:
        return hashlib.sha256(f"{seed}:{name}".encode("utf-8", "surrogateescape")).digest()

    ordered = sorted(names, key=draw)
    count = len(ordered)
    validation = _share(count, validation_share) if count > 1 else 0
    test = _share(count, test_share) if count > 2 else 0
    held = [VALIDATION] * validation + [TEST] * test
    return {name: held[place] if place < len(held) else TRAIN for place, name in enumerate(ordered)}


def _share(count: int, share: float) -> int:
    return max(1, round(count * share)) if share else 0
