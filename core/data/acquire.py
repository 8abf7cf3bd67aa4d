"""Downloading published datasets into the layout that `core.data.datasets` reads."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.data.file_dataset import ROOT_VARIABLE
from core.data.places import find_place, remember_place
from core.data.published import PublishedDataset, PublishedFile, PublishedPart, find_published
from core.download import PARTIAL_SUFFIX
from core.download.fetch import checked, download_file
from core.download.hashing import file_md5
from core.download.unpack import unpack
from core.errors import DatasetError, DownloadError
from core.events import Progress
from core.paths import home

PartState = Literal["missing", "partial", "present"]
_SPARE_SPACE = 64 << 20
# Only tables are hashed to learn whether they are here: reading archives takes minutes.
_SMALL = 1 << 24


@dataclass(frozen=True, slots=True)
class PartStatus:
    """What of a part is on disk.

    `here` are the bytes of it that are, `to_download` and `to_unpack` those that a download would
    still fetch and write; sizes of archives are about right only.
    """

    part: PublishedPart
    state: PartState
    here: int
    to_download: int
    to_unpack: int


def datasets_dir() -> Path:
    """Return the folder that downloads go to unless another is named."""
    return home() / "datasets"


def dataset_folder(name: str, root: Path | None = None) -> Path:
    """Return the folder that a published dataset has, or would have.

    `root` None is where it is known to lie, else the folder of aac-datasets' variable, else
    `datasets_dir`. The root may be the dataset's own folder.
    """
    published = find_published(name)
    if root is None:
        place = find_place(name)
        variable = os.environ.get(ROOT_VARIABLE, "")
        root = place.root if place else Path(variable) if variable else datasets_dir()
    root = root.expanduser().absolute()
    return root if root.name == published.folder else root / published.folder


def dataset_status(name: str, root: Path | None = None) -> tuple[PartStatus, ...]:
    """Say what of each part is on disk."""
    folder = dataset_folder(name, root)
    return tuple(_status(part, folder) for part in find_published(name).parts)


def download_dataset(
    name: str,
    root: Path | None = None,
    parts: Sequence[str] = (),
    *,
    keep_archives: bool = False,
) -> Iterator[Progress]:
    """Download parts of a published dataset, all by default, and unpack them.

    What is there already is left as it is. Yields `Progress` in bytes, phases "Downloading ...",
    "Checking ..." and "Unpacking ..."; it may be closed at any time and goes on there. Not pulling
    pauses it. In the end the place of the dataset is remembered, where none was.

    Raises
    ------
    DatasetError
        There is no such dataset or part, or it cannot be downloaded.
    DownloadError
        The server, the network, the disk or the content fails; one sentence says which.
    """
    published = find_published(name)
    chosen = _chosen(published, parts)
    folder = dataset_folder(name, root)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DownloadError(f"{folder} cannot be made ({error.strerror}).") from error
    _require_space(published, [_status(part, folder) for part in chosen], folder)
    for part in chosen:
        for file in part.files:
            if not _is_here(file, folder):
                yield from _get(file, folder, keep_archives)
    # Where only lists of a dataset can be had, its sounds lie elsewhere.
    if not published.remedy and find_place(name) is None:
        remember_place(name, folder)


def _get(file: PublishedFile, folder: Path, keep_archive: bool) -> Iterator[Progress]:
    target = folder / file.path
    if target.is_file():
        # A file of somebody else's is never written over.
        found = yield from checked(file, target)
        if found != file.md5:
            raise DownloadError(
                f"{target} is not the published file (MD5 {found} instead of {file.md5}); move it "
                "away and start again, or go on with your copy as it is."
            )
    else:
        yield from download_file(file, target, _partial(target))
    if not file.sounds_to:
        return
    sounds = folder / file.sounds_to
    yield from unpack(target, sounds, file.title)
    if count_sounds(sounds) < file.sounds:
        raise DownloadError(
            f"{target} holds fewer sounds than the {file.sounds:,} that were published; delete it "
            "and download it again."
        )
    if not keep_archive:
        target.unlink()


def count_sounds(folder: Path) -> int:
    """Return how many WAV files are in a folder; hidden ones do not count."""
    try:
        with os.scandir(folder) as entries:
            return sum(
                entry.name.lower().endswith(".wav") and not entry.name.startswith(".")
                for entry in entries
            )
    except OSError:
        return 0


def _chosen(published: PublishedDataset, names: Sequence[str]) -> tuple[PublishedPart, ...]:
    if not published.parts:
        raise DatasetError(f"{published.title} cannot be downloaded here. {published.remedy}")
    known = {part.name: part for part in published.parts}
    for name in names:
        if name not in known:
            raise DatasetError(
                f"{published.title} has no part '{name}'; choose from {', '.join(known)}."
            )
    return tuple(part for part in published.parts if not names or part.name in names)


def _status(part: PublishedPart, folder: Path) -> PartStatus:
    here = to_download = to_unpack = 0
    whole = True
    for file in part.files:
        target = folder / file.path
        if _is_here(file, folder):
            here += file.unpacked_size or _size(target)
            continue
        whole = False
        arrived = _size(target) or _size(_partial(target))
        here += arrived
        to_download += 0 if _size(target) else max(0, file.download_size - arrived)
        to_unpack += file.unpacked_size
    state: PartState = "present" if whole else "partial" if here else "missing"
    return PartStatus(part, state, here, to_download, to_unpack)


def _is_here(file: PublishedFile, folder: Path) -> bool:
    """Whether nothing is to be done for a file: its sounds, or its right content, are there."""
    if file.sounds_to:
        return count_sounds(folder / file.sounds_to) >= file.sounds
    target = folder / file.path
    size = _size(target)
    if not size or file.size not in (None, size):
        return False
    return size > _SMALL or file_md5(target) == file.md5


def _require_space(published: PublishedDataset, states: Sequence[PartStatus], folder: Path) -> None:
    """Refuse what will not fit before an hour of downloading shows it."""
    # Archives are deleted one by one: only the largest stands beside all the sounds.
    largest = max((state.to_download for state in states), default=0)
    tables = sum(state.to_download for state in states if not state.to_unpack)
    needed = sum(state.to_unpack for state in states) + max(largest, tables)
    free = shutil.disk_usage(folder).free
    if needed and free < needed + _SPARE_SPACE:
        raise DownloadError(
            f"{published.title} needs about {needed / 1e9:,.1f} GB in {folder}, where only "
            f"{free / 1e9:,.1f} GB are free; make room, choose fewer parts or another folder."
        )


def _partial(target: Path) -> Path:
    return target.with_name(target.name + PARTIAL_SUFFIX)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
