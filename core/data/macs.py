"""MACS as it lies on disk (Martin-Morato & Mesaros 2021): street scenes in ten seconds.

The layout is that of the package aac-datasets, so an existing copy is used as it is::

    <root>/MACS/MACS.yaml
    <root>/MACS/MACS_competence.csv          (tab-separated; not needed)
    <root>/MACS/tau_meta/meta.csv            (tab-separated; not needed)
    <root>/MACS/audio/*.wav                  (3,930, stereo, 48 kHz)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from core.data.file_dataset import Entry, FileDataset, find_folder
from core.data.tables import read_rows, read_text
from core.errors import DatasetError

FOLDER = "MACS"
TABLE = "MACS.yaml"


class Macs(FileDataset):
    """Two to five captions a clip, in the one split ``train``; there is nothing to validate on."""

    name = "macs"
    splits = ("train",)

    def __init__(self, root: Path | None = None) -> None:
        """Open the copy below `root`. Raises `DatasetError` where there is none."""
        super().__init__(find_folder(root, FOLDER, TABLE, "MACS"))

    def audio_folder(self, split: str) -> Path:
        """Return the folder of the sounds."""
        return self.folder / "audio"

    def entries(self, split: str) -> Sequence[Entry]:
        """Return the annotated files, with what the acoustic scenes' own table says of them."""
        about = self._scenes()
        entries = []
        for record in _read_yaml(self.folder / TABLE):
            name = str(record["filename"])
            notes = record["annotations"]
            captions = tuple(str(note["sentence"]).strip() for note in notes)
            tags = (tag for note in notes for tag in note.get("tags") or ())
            entries.append(
                Entry(
                    name,
                    tuple(text for text in captions if text),
                    tags=tuple(dict.fromkeys(map(str, tags))),
                    extras=about.get(name, {}),
                )
            )
        return [entry for entry in entries if entry.captions]

    def _scenes(self) -> dict[str, dict[str, str]]:
        path = self.folder / "tau_meta" / "meta.csv"
        if not path.is_file():
            return {}
        rows = read_rows(path, ("filename",), "get the file again", "\t")
        return {
            PurePosixPath(row["filename"]).name: {
                key: row[key] for key in ("scene_label", "identifier") if row.get(key)
            }
            for row in rows
        }


def _read_yaml(path: Path) -> list[dict[str, Any]]:
    try:
        # The C reader is many times faster, where it has been built in.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        record = yaml.load(read_text(path), Loader=loader)
        files: list[dict[str, Any]] = record["files"]
        for item in files:
            item["filename"], [note["sentence"] for note in item["annotations"]]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise DatasetError(
            f"{path} is not the table of MACS, or it is damaged; get it again."
        ) from error
    return files
