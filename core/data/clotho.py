"""Clotho v2.1 as it lies on disk (Drossos et al. 2020; five captions a clip).

The layout is that of the package aac-datasets, so an existing copy is used as it is::

    <root>/CLOTHO_v2.1/clotho_audio_files/{development,validation,evaluation}/*.wav
    <root>/CLOTHO_v2.1/clotho_csv_files/clotho_captions_{development,validation,evaluation}.csv

`root` may also be the folder CLOTHO_v2.1 itself. Files that no caption names are not looked at.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.audio.files import probe, read_audio
from core.data.clips import Clip
from core.errors import AudioFileError, DatasetError

SPLITS = ("development", "validation", "evaluation")
FOLDER = "CLOTHO_v2.1"
ROOT_VARIABLE = "AAC_DATASETS_ROOT"


class Clotho:
    """The three captioned splits: development (3,839 clips), validation and evaluation (1,045)."""

    name = "clotho"
    splits = SPLITS

    def __init__(self, root: Path | None = None) -> None:
        """Open the copy below `root`, or below the folder that aac-datasets is told to use.

        Raises
        ------
        DatasetError
            There is no such copy.
        """
        self.folder = _find(root)

    def clips(self, split: str) -> tuple[Clip, ...]:
        """All clips of a split whose sound file is there, in the order of the captions file.

        A clip keeps an unreadable file, with duration 0; extraction then lists it as failed.
        """
        if split not in SPLITS:
            raise DatasetError(f"Clotho has no split '{split}'; choose one of {', '.join(SPLITS)}.")
        path = _captions_file(self.folder, split)
        changed = path.stat().st_mtime_ns if path.is_file() else 0
        return _read_clips(path, self.folder / "clotho_audio_files" / split, changed)

    def load_audio(self, clip: Clip, sample_rate: int) -> NDArray[np.float32]:
        """Mono samples (n,) of a clip."""
        assert clip.source is not None
        return read_audio(clip.source, sample_rate).samples

    def fingerprint(self, split: str) -> str:
        """Hash of the captions and of the names, sizes and times of the sound files."""
        digest = hashlib.sha256(_captions_file(self.folder, split).read_bytes())
        for clip in self.clips(split):
            assert clip.source is not None
            about = clip.source.stat()
            digest.update(f"{clip.id}:{about.st_size}:{about.st_mtime_ns}".encode())
        return digest.hexdigest()


def _find(root: Path | None) -> Path:
    root = root or Path(os.environ.get(ROOT_VARIABLE, ""))
    for folder in (root / FOLDER, root):
        if (folder / "clotho_csv_files").is_dir():
            return folder
    raise DatasetError(
        f"Clotho v2.1 is not in {root.absolute()}; set the dataset folder to the one that holds "
        f"{FOLDER}, or the variable {ROOT_VARIABLE}."
    )


def _captions_file(folder: Path, split: str) -> Path:
    return folder / "clotho_csv_files" / f"clotho_captions_{split}.csv"


@lru_cache(maxsize=8)
def _read_clips(path: Path, audio: Path, changed: int) -> tuple[Clip, ...]:
    """Read a captions file; `changed` is its time, so that a new version is read anew."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path} cannot be read ({error.strerror}).") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    rows = csv.DictReader(io.StringIO(text))
    columns = [f"caption_{number}" for number in range(1, 6)]
    missing = [name for name in ("file_name", *columns) if name not in (rows.fieldnames or ())]
    if missing:
        raise DatasetError(f"{path} has no column {', '.join(missing)}; get Clotho's file again.")
    clips = []
    for row in rows:
        name = row["file_name"]
        captions = tuple(row[column].strip() for column in columns if (row[column] or "").strip())
        if captions and (audio / name).is_file():
            clips.append(Clip(name, captions, _duration(audio / name), audio / name))
    if not clips:
        raise DatasetError(f"None of the sound files that {path} names is in {audio}.")
    return tuple(clips)


def _duration(path: Path) -> float:
    try:
        return probe(path).duration
    except AudioFileError:
        return 0.0
