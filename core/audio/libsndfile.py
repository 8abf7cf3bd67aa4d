"""The formats that libsndfile reads, through soundfile: opened, checked, in blocks."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from core.audio import ffmpeg_program
from core.audio.ffmpeg_program import HOW_TO_INSTALL
from core.audio.file_checks import check_rate, fail_empty
from core.errors import AudioFileError

BLOCK_FRAMES = 1 << 17

# libsndfile gives a huge number of frames where a stream does not state its length.
_UNKNOWN_FRAMES = 1 << 48
# Writers into a pipe put a size near 2^31 or 2^32 where they cannot know it.
_PLACEHOLDER_SIZE = 0x7FFF_0000
# Headers are often wrong by some bytes; a file counts as cut off where over 1 % is missing.
_WHOLE = 0.99
_DECLARED = re.compile(
    r"^\s*(data|SSND|Data Size|riff|Riff size)\s*:\s*(\d+) \(should be (\d+)\)", re.M
)


def open_native(path: Path) -> soundfile.SoundFile | None:
    """Open a file with libsndfile, or return None where that is something for FFmpeg.

    `AudioFileError` where it states no length and there is no FFmpeg.
    """
    try:
        # Names are bytes where the system says so; not every one of them is text.
        file = soundfile.SoundFile(path if os.name == "nt" else os.fsencode(path))
    except (soundfile.LibsndfileError, TypeError):  # TypeError: a headerless ".raw" file
        return None
    if file.frames < _UNKNOWN_FRAMES:
        return file
    file.close()
    if ffmpeg_program.available():
        return None
    raise AudioFileError(
        f"'{path.name}' does not state its length; save it again from another program, "
        f"or, to open it as it is, {HOW_TO_INSTALL}."
    )


def check_header(path: Path, file: soundfile.SoundFile) -> None:
    """Raise `AudioFileError` for a file without samples or a part of them, or of an absurd rate."""
    check_rate(path, file.samplerate)
    for field, declared, actual in _DECLARED.findall(file.extra_info):
        # Only these two formats state the size of the sound in the size of the whole alone.
        if field.lower().startswith("riff") and file.format not in ("W64", "RF64"):
            continue
        if int(actual) < int(declared) * _WHOLE and int(declared) < _PLACEHOLDER_SIZE:
            whole = file.frames * int(declared) / max(1, int(actual)) / file.samplerate
            raise AudioFileError(
                f"'{path.name}' is cut off after {file.frames / file.samplerate:.1f} s of about "
                f"{whole:.1f} s; copy or download it again."
            )
    if not file.frames:
        fail_empty(path)


def native_blocks(
    path: Path, file: soundfile.SoundFile, start: float, duration: float | None
) -> Iterator[NDArray[Any]]:
    """Yield blocks (n, channels) of the part from `start` for `duration` seconds.

    int16 where the file holds that, else float32: libsndfile takes as long over turning integers
    into floating-point numbers as a resampler over half of its work. Blocks of integers share their
    memory: each is overwritten by the next. Raises `AudioFileError` where `start`, in seconds, lies
    behind the end.
    """
    first = round(start * file.samplerate)
    if first >= file.frames:
        raise AudioFileError(
            f"'{path.name}' is only {file.frames / file.samplerate:.2f} s long and has no sound "
            f"at {start:.2f} s; choose an earlier part."
        )
    left = file.frames - first
    if duration is not None:
        left = min(left, max(1, round(duration * file.samplerate)))
    room: NDArray[np.int16] | None = None
    if file.subtype == "PCM_16":
        room = np.empty((min(left, BLOCK_FRAMES), file.channels), np.int16)
    try:
        if first:
            file.seek(first)
        while left:
            if room is not None:
                block = file.read(out=room[:left])
            else:
                block = file.read(min(left, BLOCK_FRAMES), dtype="float32", always_2d=True)
            if not len(block):
                break
            left -= len(block)
            yield block
    except soundfile.LibsndfileError as error:
        raise AudioFileError(
            f"'{path.name}' is damaged or cut off; copy or download it again."
        ) from error
