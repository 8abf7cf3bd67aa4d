"""Blocks of several channels to mono samples that can be computed with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.audio.file_checks import fail_empty
from core.errors import AudioFileError

# Float files may hold integers unscaled, up to 2^31; the squares of much more than that overflow
# in a spectrogram, and what comes out of it is no sound.
_LOUDEST = 1e12

Samples = NDArray[np.float32]


def mono_blocks(path: Path, blocks: Iterable[NDArray[Any]]) -> Iterator[Samples]:
    """Average the channels of blocks (n, channels), float32 or int16 of full scale.

    Raises
    ------
    AudioFileError
        There are samples that are no numbers, or none at all; `path` is named.
    """
    count = 0
    for block in blocks:
        if block.dtype == np.int16:
            samples = _mean_of_integers(block)
        else:
            samples = mean(block)
            _check(path, samples)
        count += len(samples)
        yield samples
    if not count:
        fail_empty(path)


def mean(block: NDArray[np.float32]) -> Samples:
    """Return the mean (n,) of the channels (n, channels).

    Summed channel by channel: NumPy's own mean takes thirty times as long over two channels.
    """
    channels = block.shape[1]
    if channels == 1:
        return block[:, 0]
    with np.errstate(over="ignore", invalid="ignore"):
        total = block[:, 0] + block[:, 1]
        for channel in range(2, channels):
            total += block[:, channel]
        total /= channels
    return total


def _mean_of_integers(block: NDArray[np.int16]) -> Samples:
    """As `mean`, with the same result as if the samples had been scaled to 1 beforehand."""
    channels = block.shape[1]
    if channels == 1:
        return np.multiply(block[:, 0], np.float32(1 / 32_768))
    total = np.add(block[:, 0], block[:, 1], dtype=np.float32)
    for channel in range(2, channels):
        total += block[:, channel]
    # Exact: the sums are whole numbers, and the scale is a power of two.
    total *= np.float32(1 / 32_768)
    if channels == 2:
        total *= np.float32(0.5)
    else:
        total /= channels
    return total


def _check(path: Path, samples: Samples) -> None:
    """Refuse samples that are no numbers or beyond anything that a sound may be."""
    with np.errstate(invalid="ignore"):
        peak = max(samples.max(initial=0), -samples.min(initial=0))
    if peak <= _LOUDEST:
        return
    if not np.isfinite(samples).all():
        raise AudioFileError(
            f"'{path.name}' contains samples that are no numbers (NaN or infinite); "
            "export it again as 16-bit or 24-bit WAV or FLAC."
        )
    raise AudioFileError(
        f"'{path.name}' contains samples far beyond full scale, as damaged files have; "
        "export it again as 16-bit or 24-bit WAV or FLAC."
    )
