"""What is no sound file that can be read: each fault an `AudioFileError` of one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from core.errors import AudioFileError

_LOWEST_RATE, _HIGHEST_RATE = 1_000, 2_000_000


def check_file(path: Path) -> None:
    """Raise `AudioFileError` for what is not a readable file with content."""
    try:
        if path.is_dir():
            raise AudioFileError(f"'{path}' is a folder; choose a sound file in it.")
        if not path.is_file():
            raise AudioFileError(f"There is no file '{path}'; check its name and its drive.")
        with path.open("rb") as stream:
            if not stream.read(1):
                raise AudioFileError(
                    f"'{path.name}' is an empty file (0 bytes); copy or download it again."
                )
    except PermissionError as error:
        raise AudioFileError(
            f"You have no permission to read '{path}'; change its access rights or copy it."
        ) from error
    except OSError as error:
        raise AudioFileError(
            f"'{path}' cannot be read ({error.strerror}); copy it to another drive."
        ) from error


def check_rate(path: Path, sample_rate: int) -> None:
    """Raise `AudioFileError` for a sample rate, in Hz, that no sound has."""
    if not _LOWEST_RATE <= sample_rate <= _HIGHEST_RATE:
        raise AudioFileError(
            f"'{path.name}' states a sample rate of {sample_rate} Hz, which is no sound; "
            "export it again at 8,000 to 192,000 Hz."
        )


def fail_empty(path: Path) -> NoReturn:
    """Raise the `AudioFileError` for a sound without samples."""
    raise AudioFileError(f"'{path.name}' has no sound in it (length zero); choose another file.")
