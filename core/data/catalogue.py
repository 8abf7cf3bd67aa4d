"""All datasets that there are to choose from, with their state on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.config import JOINT
from core.data.clips import present_splits
from core.data.datasets import FOLDER, dataset_names, open_dataset
from core.data.places import find_place
from core.data.published import PublishedDataset, published_datasets
from core.data.unread_tables import unread_tables
from core.errors import StudioError

DatasetState = Literal["built-in", "ready", "missing", "broken"]


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A dataset by name.

    Attributes
    ----------
    name, title, summary
        As `core.data.datasets.open_dataset` takes it, and for people.
    state
        "built-in" and "ready" can be used; "missing" has no files here; "broken" is remembered at
        a place where it cannot be read, and `problem` says why.
    folder
        Where it lies, where it does.
    splits
        Those that are on disk.
    own
        Whether it is a person's own folder.
    published
        Licence, citation and what can be downloaded, of published ones.
    unread
        A sentence on each table of an own folder that has captions but is not read.
    """

    name: str
    title: str
    summary: str
    state: DatasetState
    folder: Path | None = None
    splits: tuple[str, ...] = ()
    own: bool = False
    published: PublishedDataset | None = None
    problem: str = ""
    unread: tuple[str, ...] = ()


_BUILT_IN = {
    "starter-scenes": (
        "Starter scenes",
        "Scenes composed of recordings that come with AAC Studio.",
    ),
    "starter-simulated": (
        "Simulated tags",
        "Captions with the tags that such sounds would get; there is nothing to listen to.",
    ),
    "starter-mixed": (
        "Simulated tags and starter sounds",
        "Simulated tags beside the starter recordings, alone and mixed.",
    ),
}
_VERSIONS = {
    "audiocaps": "AudioCaps v1",
    "audiocaps-v2": "AudioCaps v2",
    "wavcaps-no-clotho": "WavCaps (no Clotho)",
    "wavcaps-no-clotho-audiocaps": "WavCaps (no Clotho, no AudioCaps)",
}


def list_datasets() -> tuple[CatalogueEntry, ...]:
    """Return the built-in, the published and a person's own datasets.

    Looks for files and opens tables of own folders, so it is work for another thread.
    """
    return tuple(describe_dataset(name) for name in dataset_names() if name != FOLDER)


def describe_dataset(name: str, root: str = "") -> CatalogueEntry:
    """Return the entry of one dataset, looked for below `root` where that is given."""
    published = next((one for one in published_datasets() if _is_version(name, one.name)), None)
    place = find_place(name) or (find_place(published.name) if published else None)
    title, summary = name, ""
    if published is not None:
        title, summary = _VERSIONS.get(name, published.title), published.summary
    elif name in _BUILT_IN:
        title, summary = _BUILT_IN[name]
    elif place is not None or name == FOLDER:
        title, summary = "Your own folder", "Your own sounds and captions."
    if JOINT in name:
        parts = [part.strip() for part in name.split(JOINT)]
        title = f" {JOINT} ".join(parts)
        summary = (
            f"Trained on together; {parts[0]} is named first and validates, where it has such a "
            "split."
        )
    try:
        dataset = open_dataset(name, root or None)
    except StudioError as error:
        return CatalogueEntry(
            name=name,
            title=title,
            summary=summary,
            # A version that its dataset's folder lacks is missing there, and no fault of it.
            state="broken" if find_place(name) is not None or root else "missing",
            folder=place.root if place else None,
            own=bool(place and place.own),
            published=published,
            problem=str(error),
        )
    return CatalogueEntry(
        name=name,
        title=title,
        summary=" ".join((summary, *getattr(dataset, "notes", ()))),
        state="built-in" if name in _BUILT_IN else "ready",
        folder=getattr(dataset, "folder", None),
        splits=present_splits(dataset),
        own=bool(place and place.own) or name == FOLDER,
        published=published,
        unread=tuple(table.sentence for table in unread_tables(dataset) if table.missed),
    )


def _is_version(name: str, published: str) -> bool:
    return name == published or name.startswith(f"{published}-")
