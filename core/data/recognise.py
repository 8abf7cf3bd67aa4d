"""Which published datasets lie in a folder that somebody points at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.data.clips import present_splits
from core.data.datasets import open_dataset
from core.data.published import published_datasets
from core.errors import DatasetError

# Versions of a dataset that lie in its folder beside or instead of the first one.
_LATER = {"audiocaps": ("audiocaps-v2",)}


@dataclass(frozen=True, slots=True)
class RecognisedCopy:
    """A copy of a published dataset: its name, its own folder, and the splits with sounds."""

    name: str
    title: str
    folder: Path
    splits: tuple[str, ...]

    def sentence(self) -> str:
        """Say what was found."""
        found = ", ".join(self.splits)
        return (
            f"Found {self.title} in {self.folder} ({found})."
            if found
            else f"Found the tables of {self.title} in {self.folder}, but none of its sounds."
        )


def recognise_copies(folder: Path) -> tuple[RecognisedCopy, ...]:
    """Return the published datasets that a folder holds, or that it is a part of.

    Raises
    ------
    DatasetError
        There is no such folder, or its layout is that of no known dataset.
    """
    folder = folder.expanduser().absolute()
    if not folder.is_dir():
        raise DatasetError(f"There is no folder {folder}; choose the one that holds the dataset.")
    found = _in_folder(folder)
    if not found:
        # Somebody may well choose the folder of the tables or of the sounds.
        found = [copy for copy in _in_folder(folder.parent) if copy.folder == folder.parent]
    if not found:
        titles = [published.title for published in published_datasets()]
        raise DatasetError(
            f"{folder} holds no copy of {', '.join(titles[:-1])} or {titles[-1]} laid out as "
            "aac-datasets does; choose the folder above the audio and the tables, or add it as a "
            "folder of your own."
        )
    return tuple(found)


def _in_folder(folder: Path) -> list[RecognisedCopy]:
    copies = []
    for published in published_datasets():
        for name in (published.name, *_LATER.get(published.name, ())):
            try:
                dataset = open_dataset(name, folder)
            except DatasetError:
                continue
            lies_in = Path(getattr(dataset, "folder", folder)).absolute()
            splits = present_splits(dataset)
            copies.append(RecognisedCopy(published.name, published.title, lies_in, splits))
            break
    return copies
