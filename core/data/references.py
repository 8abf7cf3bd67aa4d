"""Captions that a user keeps: a folder of one's own sounds with a table beside them.

The folder is what the dataset "folder" reads: ``captions.csv`` with the columns ``file`` and
``caption``, and the sounds that it names.
"""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import numpy as np
import soundfile

from core.audio.files import read_audio
from core.errors import AudioFileError, DatasetError
from core.files import replace_atomic, write_text_atomic

TABLE = "captions.csv"
COLUMNS = ("file", "caption")


def keep_reference(
    folder: Path, sound: Path, caption: str, start: float = 0.0, length: float | None = None
) -> str:
    """Add a sound with its caption to a folder and return the name that its table has for it.

    A sound that lies in the folder stays where it is; any other is copied there, and a part of a
    sound, from `start` for `length` seconds, is written as FLAC. The same words for the same
    sound are kept once.

    Raises
    ------
    DatasetError
        The caption is empty, the folder cannot be written, or its table has other columns.
    AudioFileError
        The sound or its part cannot be read.
    """
    caption = " ".join(caption.split())
    if not caption:
        raise DatasetError("The caption is empty; write some words to keep it as a reference.")
    table = folder / TABLE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        rows = _read(table)
        name = _inside(folder, sound, start, length)
        if (name, caption) not in rows:
            write_text_atomic(table, _text([*rows, (name, caption)]))
    except OSError as error:
        # Somebody may have named the sound itself as the folder, which is then what is at fault.
        if error.filename is not None and Path(error.filename) == sound != folder:
            raise AudioFileError(
                f"'{sound}' cannot be read ({error.strerror}); check its name and its drive."
            ) from error
        raise DatasetError(
            f"'{folder}' cannot be written ({error.strerror or error}); choose another folder."
        ) from error
    return name


def _read(table: Path) -> list[tuple[str, str]]:
    if not table.exists():
        return []
    rows = list(csv.reader(io.StringIO(table.read_text(encoding="utf-8-sig"), newline="")))
    if not rows or tuple(rows[0]) != COLUMNS:
        raise DatasetError(
            f"'{table}' has other columns than {' and '.join(COLUMNS)}; choose another folder for "
            "references."
        )
    return [(row[0], row[1]) for row in rows[1:] if len(row) >= len(COLUMNS)]


def _text(rows: list[tuple[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return text.getvalue()


def _inside(folder: Path, sound: Path, start: float, length: float | None) -> str:
    """Return the name of the sound in the folder, put there if need be."""
    if length is not None:
        waveform = read_audio(sound, start=start, duration=length)
        name = f"{sound.stem}_{start:.2f}-{start + length:.2f}.flac"
        with replace_atomic(folder / name) as temporary:
            samples = np.clip(waveform.samples, -1.0, 1.0)
            soundfile.write(
                temporary, samples, waveform.sample_rate, format="FLAC", subtype="PCM_24"
            )
        return name
    if sound.resolve().is_relative_to(folder.resolve()):
        return sound.resolve().relative_to(folder.resolve()).as_posix()
    target = folder / sound.name
    number = 1
    while target.exists() and not _same(target, sound):
        number += 1
        target = folder / f"{sound.stem}-{number}{sound.suffix}"
    if not target.exists():
        with replace_atomic(target) as temporary:
            shutil.copyfile(sound, temporary)
    return target.name


def _same(one: Path, other: Path) -> bool:
    return one.stat().st_size == other.stat().st_size and one.read_bytes() == other.read_bytes()
