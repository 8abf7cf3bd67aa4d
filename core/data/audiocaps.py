"""AudioCaps as it lies on disk (Kim et al. 2019): ten-second clips of AudioSet's videos.

The layout is that of the package aac-datasets, so an existing copy is used as it is::

    <root>/AUDIOCAPS/csv_files_{v1,v2}/{train,val,test}.csv    (v1 also beside that folder)
    <root>/AUDIOCAPS/audio_32000Hz/{train,val,test}/<youtube_id>_<start>.flac

Many of the videos are gone, so a copy has fewer clips than the tables have rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.data.file_dataset import Entry, FileDataset, find_folder
from core.data.tables import read_rows
from core.errors import DatasetError

FOLDER = "AUDIOCAPS"
SPLITS = ("train", "val", "test")
_COLUMNS = ("youtube_id", "start_time", "caption")


class AudioCaps(FileDataset):
    """One caption a clip for training, five for validation and test.

    Parameters
    ----------
    root
        The folder that holds AUDIOCAPS, or that folder; None for where aac-datasets keeps it.
    version
        "v1" (49,838 / 495 / 975 rows of clips) or "v2"; both share the sounds.
    """

    splits = SPLITS

    def __init__(self, root: Path | None = None, version: str = "v1") -> None:
        self.name = "audiocaps" if version == "v1" else f"audiocaps-{version}"
        folder = find_folder(root, FOLDER, _is_audiocaps, "AudioCaps")
        super().__init__(folder)
        self._version = version
        audio = sorted(folder.glob("audio_*Hz"))
        # Where there are several rates, the one that aac-datasets makes by default.
        usual = folder / "audio_32000Hz"
        self._audio = usual if usual in audio or not audio else audio[-1]
        if not self._table("train").is_file() and not self._table("test").is_file():
            raise DatasetError(
                f"{folder} has no tables of AudioCaps {version}; there should be "
                f"csv_files_{version}/train.csv."
            )

    @property
    def present_splits(self) -> tuple[str, ...]:
        """The splits whose table and sounds are on disk."""
        return tuple(
            split
            for split in self.splits
            if self._table(split).is_file() and self.audio_folder(split).is_dir()
        )

    def audio_folder(self, split: str) -> Path:
        """Return the folder of a split's sounds."""
        return self._audio / split

    def entries(self, split: str) -> Sequence[Entry]:
        """Return one entry for each ten seconds of video, with all its captions."""
        path = self._table(split)
        rows = read_rows(path, _COLUMNS, "get AudioCaps' file again")
        suffixes = self._suffixes(split)
        captions: dict[str, list[str]] = {}
        about: dict[str, dict[str, str]] = {}
        for row in rows:
            stem = f"{row['youtube_id']}_{row['start_time']}"
            if text := row["caption"].strip():
                captions.setdefault(stem, []).append(text)
                extras = {key: row[key] for key in ("audiocap_id", *_COLUMNS[:2]) if row.get(key)}
                about.setdefault(stem, extras)
        return [
            Entry(stem + suffixes.get(stem, ".flac"), tuple(texts), extras=about[stem])
            for stem, texts in captions.items()
        ]

    def _suffixes(self, split: str) -> dict[str, str]:
        """Return what the sounds on disk end in: copies in WAV are common, too."""
        folder = self.audio_folder(split)
        if not folder.is_dir():
            return {}
        return {path.stem: path.suffix for path in folder.iterdir() if path.stem}

    def _table(self, split: str) -> Path:
        beside = self.folder / f"{split}.csv"
        if self._version == "v1" and beside.is_file():
            return beside
        return self.folder / f"csv_files_{self._version}" / f"{split}.csv"


def _is_audiocaps(folder: Path) -> bool:
    return any(folder.glob("csv_files_v*")) or any(folder.glob("audio_*Hz"))
