"""The recordings that scenes are mixed from: table, files and decoded samples."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from core.errors import DatasetError
from core.paths import resources_dir

COLUMNS = ("file", "class", "kind", "author", "licence", "source")


@dataclass(frozen=True, slots=True)
class Recording:
    """One line of ``clips.csv``.

    Attributes
    ----------
    file
        Path relative to the folder of the starter sounds, with forward slashes.
    sound
        Name of its class, e.g. ``dog bark``.
    kind
        ``once``: one discrete sound; ``bout``: a series; ``steady``: lasts and may be cut;
        ``background``: an even texture that may be looped.
    author, licence, source
        Whom to name, under which licence, and where it was taken from.
    seconds
        Duration.
    """

    file: str
    sound: str
    kind: str
    author: str
    licence: str
    source: str
    seconds: float


class SoundLibrary:
    """All recordings of a folder, decoded when first asked for and then kept.

    Parameters
    ----------
    root
        Folder with ``clips.csv`` and ``sounds/``; None for the one shipped with the product.

    Raises
    ------
    DatasetError
        If the table or a file is missing or cannot be read.
    """

    columns = COLUMNS

    def __init__(self, root: Path | None = None) -> None:
        self.root = root if root is not None else resources_dir() / "starter"
        table = self.root / "clips.csv"
        try:
            self.table_bytes = table.read_bytes()
        except OSError as error:
            raise DatasetError(
                f"The table of the starter sounds {table} cannot be read; install the program "
                "again, or name the folder that holds it."
            ) from error
        self.recordings = self._parse(table)
        self._samples: dict[tuple[str, int], NDArray[np.float32]] = {}

    def _parse(self, table: Path) -> tuple[Recording, ...]:
        rows = csv.DictReader(io.StringIO(self.table_bytes.decode("utf-8")))
        if tuple(rows.fieldnames or ()) != self.columns:
            raise DatasetError(f"{table} must have the columns {', '.join(self.columns)}.")
        return tuple(self._recording(row) for row in rows)

    def _recording(self, row: dict[str, str]) -> Recording:
        return Recording(
            file=row["file"],
            sound=row["class"],
            kind=row["kind"],
            author=row["author"],
            licence=row["licence"],
            source=row["source"],
            seconds=self._seconds(row["file"]),
        )

    def _seconds(self, file: str) -> float:
        try:
            info = soundfile.info(self.root / file)
        except (OSError, soundfile.SoundFileError) as error:
            raise DatasetError(
                f"The starter sound {self.root / file} is missing or damaged; install the "
                "program again."
            ) from error
        return float(info.frames / info.samplerate)

    def samples(self, recording: Recording, sample_rate: int) -> NDArray[np.float32]:
        """Mono samples (n,) at `sample_rate` Hz; read-only, shared between calls."""
        key = (recording.file, sample_rate)
        found = self._samples.get(key)
        if found is None:
            path = self.root / recording.file
            try:
                audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
            except (OSError, soundfile.SoundFileError) as error:
                raise DatasetError(
                    f"The starter sound {path} is missing or damaged; install the program again."
                ) from error
            found = np.ascontiguousarray(audio.mean(axis=1, dtype=np.float32))
            if rate != sample_rate:
                found = soxr.resample(found, rate, sample_rate, quality="HQ").astype(np.float32)
            found.flags.writeable = False
            self._samples[key] = found
        return found
