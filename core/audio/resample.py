"""Change of sample rate, whole or in a stream of blocks: with soxr, but for the published encoder.

32 kHz is the rate of ConvNeXt alone, and the caption model published for it was trained on sounds
that torchaudio had resampled; `core.audio.windowed_sinc` gives the same samples.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import soxr
from numpy.typing import NDArray

from core.audio.windowed_sinc import resample_by_sinc

QUALITY = "HQ"
PUBLISHED_RATE = 32_000

Samples = NDArray[np.float32]


def resample(samples: Samples, from_rate: int, to_rate: int) -> Samples:
    """Resample mono samples (n,) to n * to_rate / from_rate samples, at least one.

    Part of a sample is rounded, at 32 kHz always up.
    """
    if from_rate == to_rate:
        return samples
    blocks = list(resample_blocks([samples], from_rate, to_rate))
    return np.concatenate(blocks) if blocks else np.zeros(1, np.float32)


def resample_blocks(blocks: Iterable[Samples], from_rate: int, to_rate: int) -> Iterator[Samples]:
    """Resample a signal that arrives in blocks (n,); the blocks join without seams.

    The output is the same whatever the sizes of the blocks, and no empty block is yielded.
    """
    if from_rate == to_rate:
        yield from (block for block in blocks if len(block))
        return
    if to_rate == PUBLISHED_RATE:
        yield from resample_by_sinc(blocks, from_rate, to_rate)
        return
    stream = soxr.ResampleStream(from_rate, to_rate, 1, dtype="float32", quality=QUALITY)
    for block in blocks:
        output = stream.resample_chunk(np.ascontiguousarray(block, dtype=np.float32))
        if len(output):
            yield output
    output = stream.resample_chunk(np.zeros(0, np.float32), last=True)
    if len(output):
        yield output


def regroup(blocks: Iterable[Samples], size: int) -> Iterator[Samples]:
    """Cut a stream of blocks (n,) anew into blocks of `size` samples; the last may be shorter."""
    kept: list[Samples] = []
    count = 0
    for block in blocks:
        kept.append(block)
        count += len(block)
        while count >= size:
            joined = np.concatenate(kept)
            yield joined[:size]
            kept = [joined[size:]]
            count -= size
    if count:
        yield np.concatenate(kept)
