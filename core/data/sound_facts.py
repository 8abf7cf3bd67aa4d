"""What can be learnt of a sound by listening to all of it once, in blocks."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from core.audio.files import decoded_by_ffmpeg, probe
from core.errors import AudioFileError

_BLOCK_FRAMES = 1 << 16
# Subtypes that libsndfile gives as 16-bit integers without scaling them itself.
_INTEGERS = frozenset({"PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32", "ALAC_16", "ALAC_24"})
SILENT_PEAK = 0.001
_FULL_SCALE = 32_766
_CLIPPED_RUNS = 10


@dataclass(frozen=True, slots=True)
class SoundFacts:
    """Length in seconds, highest sample (full scale = 1), signs of trouble, and a digest.

    `silent`: no sample reaches -60 dB of full scale. `clipped`: at least ten times, three samples
    of a channel in a row are at full scale. `digest` is that of the samples as 16-bit integers, so
    that the same sound in another lossless file is the same.
    """

    seconds: float
    peak: float
    silent: bool
    clipped: bool
    digest: bytes


def listen_to_file(path: Path) -> SoundFacts:
    """Read a sound file whole. Raises `AudioFileError` where it cannot be read."""
    return _listen(_file_blocks(path), probe(path).sample_rate)


def listen_to_samples(samples: NDArray[np.float32], sample_rate: int) -> SoundFacts:
    """Learn the same of mono samples (n,)."""
    return _listen([_integers(samples[:, None])], sample_rate)


def _listen(blocks: Iterable[NDArray[np.int16]], sample_rate: int) -> SoundFacts:
    digest = hashlib.blake2b(digest_size=16)
    frames = peak = runs = 0
    for block in blocks:
        digest.update(np.ascontiguousarray(block).data)
        frames += len(block)
        # The magnitude of the lowest integer is no 16-bit integer.
        highest = max(int(block.max(initial=0)), -int(block.min(initial=0)))
        peak = max(peak, highest)
        if highest >= _FULL_SCALE and len(block) > 2:
            full = (block >= _FULL_SCALE) | (block <= -_FULL_SCALE)
            runs += int((full[2:] & full[1:-1] & full[:-2]).any(axis=1).sum())
    if not frames:
        raise AudioFileError("It has no sound in it (length zero).")
    return SoundFacts(
        seconds=frames / sample_rate,
        peak=peak / 32_768,
        silent=peak / 32_768 < SILENT_PEAK,
        clipped=runs >= _CLIPPED_RUNS,
        digest=digest.digest(),
    )


def _file_blocks(path: Path) -> Iterator[NDArray[np.int16]]:
    """Yield blocks (n, channels)."""
    try:
        file = soundfile.SoundFile(path if os.name == "nt" else os.fsencode(path))
    except (soundfile.LibsndfileError, TypeError):
        with decoded_by_ffmpeg(path) as stream:
            yield from map(_integers, stream.blocks(_BLOCK_FRAMES))
        return
    with file:
        integers = file.subtype in _INTEGERS
        kind = "int16" if integers else "float32"
        try:
            for block in file.blocks(_BLOCK_FRAMES, dtype=kind, always_2d=True):
                yield block if integers else _integers(block)
        except soundfile.LibsndfileError as error:
            raise AudioFileError(
                f"'{path.name}' is damaged or cut off; copy or download it again."
            ) from error


def _integers(block: NDArray[Any]) -> NDArray[np.int16]:
    if not np.isfinite(block).all():
        raise AudioFileError("It contains samples that are no numbers (NaN or infinite).")
    # With a decoder's own scale: 16-bit samples that came as fractions of 1 are what they were.
    return np.rint(np.clip(block * 32_768.0, -32_768, 32_767)).astype(np.int16)
