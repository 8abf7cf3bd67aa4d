"""Short stretches from all over a sound file, for a quick look at a long one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from core.audio import ffmpeg, ffmpeg_program
from core.audio.file_checks import check_file
from core.audio.libsndfile import open_native
from core.audio.mono import mean

Samples = NDArray[np.float32]


def read_moments(
    path: str | Path, times: Iterable[float], seconds: float, patience: float
) -> Iterator[tuple[float, Samples]]:
    """Yield short stretches (n,) of a file, `seconds` long, at `times` in seconds, as mono.

    For a quick look all over a file: it ends after `patience` seconds, and a stretch that cannot
    be read is left out.
    """
    path = Path(path)
    check_file(path)
    if (file := open_native(path)) is None:
        yield from _moments_by_ffmpeg(path, times, seconds, time.monotonic() + patience)
        return
    end = time.monotonic() + patience
    with file:
        length = max(1, round(seconds * file.samplerate))
        for moment in times:
            try:
                file.seek(min(round(moment * file.samplerate), max(file.frames - 1, 0)))
                block = file.read(length, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError:
                continue
            if len(block) and np.isfinite(block).all():
                yield moment, mean(block)
            if time.monotonic() > end:
                return


def _moments_by_ffmpeg(
    path: Path, times: Iterable[float], seconds: float, end: float
) -> Iterator[tuple[float, Samples]]:
    """Do the same with a start of the program for each moment."""
    if not ffmpeg_program.available():
        return
    for moment in times:
        left = end - time.monotonic()
        block = ffmpeg.glimpse(path, moment, seconds, left) if left > 0 else None
        if block is None:
            return
        if np.isfinite(block).all():
            yield moment, mean(block)
