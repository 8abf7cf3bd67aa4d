"""Takes: what a microphone recorded, as FLAC files that grow while it records.

A take is written under a name of its own (``….recording.flac``) and gets its final name when it is
whole. One that a crash left behind is made whole by `recover_takes`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import psutil
import soundfile
from numpy.typing import NDArray

from core.errors import AudioFileError
from core.files import replace_atomic
from core.paths import home

SUFFIX = ".flac"
GROWING = ".recording.flac"
# 24 bits keep all that a microphone gives.
SUBTYPE = "PCM_24"
_BLOCK = 1 << 16


def takes_dir() -> Path:
    """Return the folder of the takes."""
    return home() / "takes"


def new_take() -> Path:
    """Return a free path for a take, named by date and time. Raises `AudioFileError`."""
    folder = takes_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AudioFileError(
            f"The folder {folder} for takes cannot be made ({error.strerror}); choose another one."
        ) from error
    stem = time.strftime("%Y-%m-%d_%H-%M-%S")
    number, name = 1, stem
    while any((folder / (name + suffix)).exists() for suffix in (SUFFIX, GROWING)):
        number += 1
        name = f"{stem}-{number}"
    return folder / (name + SUFFIX)


def growing(take: Path) -> Path:
    """Return where a take lies while it is recorded."""
    return take.with_name(take.stem + GROWING)


class TakeWriter:
    """Writes mono blocks to a take; `seconds` is its length so far.

    Raises `AudioFileError` where the disk refuses.
    """

    def __init__(self, take: Path, sample_rate: int) -> None:
        self.take, self._growing = take, growing(take)
        self.sample_rate, self.frames = sample_rate, 0
        with _told(take):
            self._file = soundfile.SoundFile(
                self._growing, "w", sample_rate, 1, format="FLAC", subtype=SUBTYPE
            )

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate

    def write(self, samples: NDArray[np.float32]) -> None:
        """Append samples (n,)."""
        with _told(self.take):
            self._file.write(samples)
            self._file.flush()
        self.frames += len(samples)

    def close(self) -> Path | None:
        """Make the take whole and return its path; an empty one goes."""
        with _told(self.take):
            self._file.close()
            if not self.frames:
                self._growing.unlink(missing_ok=True)
                return None
            self._growing.replace(self.take)
        return self.take


def recover_takes(folder: Path | None = None) -> tuple[Path, ...]:
    """Make whole what a crash left of takes in a folder, by default `takes_dir()`; return them.

    A take that another running program is still writing is left alone.
    """
    made = []
    folder = folder or takes_dir()
    for path in sorted(folder.glob(f"*{GROWING}")) if folder.is_dir() else ():
        if _is_open(path):
            continue
        take = path.with_name(path.name.removesuffix(GROWING) + SUFFIX)
        with suppress(OSError, soundfile.LibsndfileError):
            if _copy_whole(path, take):
                made.append(take)
            path.unlink()
    return tuple(made)


def _copy_whole(path: Path, take: Path) -> bool:
    """Copy what can be read of a file without an end; say whether that was anything."""
    frames = 0
    form = {"format": "FLAC", "subtype": SUBTYPE}
    with (
        soundfile.SoundFile(path) as source,
        replace_atomic(take) as temporary,
        soundfile.SoundFile(temporary, "w", source.samplerate, source.channels, **form) as target,
        # What follows the last whole frame cannot be read.
        suppress(soundfile.LibsndfileError),
    ):
        while len(block := source.read(_BLOCK, dtype="int32", always_2d=True)):
            target.write(block)
            frames += len(block)
    if not frames:
        take.unlink()
    return bool(frames)


def _is_open(path: Path) -> bool:
    """Say whether a process of this user holds a file open, this one as well."""
    wanted = str(path.absolute())
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if any(item.path == wanted for item in process.open_files()):
                return True
    return False


@contextmanager
def _told(take: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, soundfile.LibsndfileError) as error:
        reason = getattr(error, "strerror", None) or str(error).rstrip(".")
        raise AudioFileError(
            f"The take '{take.name}' cannot be written ({reason}); make room on the disk or choose "
            "another folder. What was recorded before is kept."
        ) from error
