"""WavCaps as it lies on disk (Mei et al. 2023): 400,000 web sounds with captions by a machine.

The layout is that of the package aac-datasets, so an existing copy is used as it is::

    <root>/WavCaps/json_files/<source>/*_final.json
    <root>/WavCaps/Audio/<source>/*.flac
    <root>/WavCaps/blacklist_clotho.full.v2.csv, blacklist_audiocaps.full.csv

The sources are AudioSet_SL, BBC_Sound_Effects, FreeSound and SoundBible; those that are there are
taken. FreeSound holds sounds of Clotho, and AudioSet_SL those of AudioCaps: whoever is measured on
these must leave them out of training, by the lists that aac-datasets gives (`EXCLUSIONS`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.data.file_dataset import Entry, FileDataset, find_folder
from core.data.tables import read_rows
from core.errors import DatasetError

FOLDER = "WavCaps"
SOURCES = {
    "AudioSet_SL": "as_final.json",
    "BBC_Sound_Effects": "bbc_final.json",
    "FreeSound": "fsd_final.json",
    "SoundBible": "sb_final.json",
}
# What is left out for whom: the list's file, and the source whose ids it holds.
EXCLUSIONS = {
    "clotho": ("blacklist_clotho.full.v2.csv", "FreeSound"),
    "audiocaps": ("blacklist_audiocaps.full.csv", "AudioSet_SL"),
}


class WavCaps(FileDataset):
    """One caption a clip, in the one split ``train``; there is nothing to validate on.

    Parameters
    ----------
    root
        The folder that holds WavCaps, or that folder; None for where aac-datasets keeps it.
    without
        Datasets whose sounds are left out, of "clotho" and "audiocaps".

    Raises
    ------
    DatasetError
        There is no copy, or the list of what is to be left out is missing.
    """

    splits = ("train",)

    def __init__(self, root: Path | None = None, without: Sequence[str] = ()) -> None:
        super().__init__(find_folder(root, FOLDER, "json_files", "WavCaps"))
        self.name = "-".join(("wavcaps", *(("no", *without) if without else ())))
        self._without = tuple(without)

    def audio_folder(self, split: str) -> Path:
        """Return the folder of all sources."""
        return self.folder / "Audio"

    def entries(self, split: str) -> Sequence[Entry]:
        """Return the clips of all sources on disk but those that are left out."""
        excluded = self._excluded()
        entries = []
        for source, table in SOURCES.items():
            path = self.folder / "json_files" / source / table
            if not path.is_file() or not (self.audio_folder(split) / source).is_dir():
                continue
            for record in _read_json(path):
                own = str(record["id"])
                text = str(record["caption"]).strip()
                if text and own not in excluded.get(source, ()):
                    stem = own.removesuffix(".wav")
                    extras = {
                        key: str(record[key])
                        for key in ("author", "href", "download_link")
                        if record.get(key)
                    }
                    entries.append(
                        Entry(
                            f"{source}/{stem}.flac",
                            (text,),
                            extras={"source": source, **extras},
                            seconds=_seconds(record.get("duration")),
                        )
                    )
        if not entries:
            raise DatasetError(
                f"{self.folder} has no source with both its table in json_files and its sounds in "
                f"Audio; the sources are {', '.join(SOURCES)}."
            )
        return entries

    def _excluded(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for other in self._without:
            name, source = EXCLUSIONS[other]
            path = self.folder / name
            if not path.is_file():
                raise DatasetError(
                    f"{path} is missing: the list of sounds that WavCaps shares with {other}; get "
                    "it with 'aac-studio data download wavcaps', or choose the whole 'wavcaps'."
                )
            rows = read_rows(path, ("id",), "get the list again")
            found[source] = frozenset(row["id"] for row in rows)
        return found


def _read_json(path: Path) -> list[dict[str, Any]]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        items: list[dict[str, Any]] = record["data"]
        for item in items:
            item["id"], item["caption"]
    except OSError as error:
        raise DatasetError(f"{path} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{path} is not a table of WavCaps, or it is damaged.") from error
    return items


def _seconds(value: Any) -> float:
    """Return a length in seconds; some are texts, and a wrong one is as good as none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0
