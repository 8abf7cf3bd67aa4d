"""Clotho v2.1 as it lies on disk (Drossos et al. 2020; five captions a clip).

The layout is that of the package aac-datasets, so an existing copy is used as it is::

    <root>/CLOTHO_v2.1/clotho_audio_files/{development,validation,evaluation}/*.wav
    <root>/CLOTHO_v2.1/clotho_audio_files/{test,clotho_analysis}/*.wav
    <root>/CLOTHO_v2.1/clotho_csv_files/clotho_captions_{development,validation,evaluation}.csv
    <root>/CLOTHO_v2.1/clotho_csv_files/clotho_metadata_{...,test}.csv

`root` may also be the folder CLOTHO_v2.1 itself. Files that no caption names are not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from core.data.file_dataset import Entry, FileDataset, find_folder
from core.data.tables import read_rows

CAPTIONED = ("development", "validation", "evaluation")
# Of the challenges: what submissions caption. Nobody outside has their captions.
CAPTIONLESS = ("test", "analysis")
FOLDER = "CLOTHO_v2.1"
AUDIO_FOLDERS = {split: split for split in (*CAPTIONED, "test")} | {"analysis": "clotho_analysis"}
_COLUMNS = tuple(f"caption_{number}" for number in range(1, 6))


class Clotho(FileDataset):
    """Development (3,839 clips), validation and evaluation (1,045 each), with five captions each.

    Where they are on disk there are also the splits ``test`` (1,043) and ``analysis`` (8,360),
    whose clips have no captions.
    """

    name = "clotho"

    def __init__(self, root: Path | None = None) -> None:
        """Open the copy below `root`, or below the folder that aac-datasets is told to use.

        Raises
        ------
        DatasetError
            There is no such copy.
        """
        super().__init__(find_folder(root, FOLDER, "clotho_csv_files", "Clotho v2.1"))
        bare = (split for split in CAPTIONLESS if self.audio_folder(split).is_dir())
        self.splits = (*CAPTIONED, *bare)

    @property
    def present_splits(self) -> tuple[str, ...]:
        """The splits whose sounds are on disk."""
        return tuple(split for split in self.splits if self.audio_folder(split).is_dir())

    def audio_folder(self, split: str) -> Path:
        """Return the folder of a split's sounds."""
        return self.folder / "clotho_audio_files" / AUDIO_FOLDERS[split]

    def entries(self, split: str) -> Sequence[Entry]:
        """Return the rows of the captions file, or what is known of clips without captions."""
        about = self._metadata(split)
        if split in CAPTIONED:
            captions = self._captions(split)
            return [
                Entry(file, texts, extras=about.get(file, {})) for file, texts in captions.items()
            ]
        if about:
            return [Entry(file, (), extras=extras) for file, extras in about.items()]
        names = sorted(path.name for path in self.audio_folder(split).glob("*.wav"))
        return [Entry(name, ()) for name in names if not name.startswith(".")]

    def _captions(self, split: str) -> dict[str, tuple[str, ...]]:
        path = self.folder / "clotho_csv_files" / f"clotho_captions_{split}.csv"
        rows = read_rows(path, ("file_name", *_COLUMNS), "get Clotho's file again")
        captions = {}
        for row in rows:
            texts = tuple(row[column].strip() for column in _COLUMNS if row[column].strip())
            if texts:
                captions[row["file_name"]] = texts
        return captions

    def _metadata(self, split: str) -> Mapping[str, Mapping[str, str]]:
        """Return what the metadata file says of each sound; nothing where there is none."""
        path = self.folder / "clotho_csv_files" / f"clotho_metadata_{split}.csv"
        if not path.is_file():
            return {}
        delimiter = ";" if split == "test" else ","
        rows = read_rows(path, ("file_name",), "get Clotho's file again", delimiter)
        return {
            row["file_name"]: {
                key: text for key, text in row.items() if text and key != "file_name"
            }
            for row in rows
            if row.get("file_name")
        }
