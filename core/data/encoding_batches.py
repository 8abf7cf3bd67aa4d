"""Clips through an encoder batch by batch, decoded on the cores beside it."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.audio.encoder import AudioEncoder
from core.data.clips import Clip, Dataset
from core.data.encoding_together import Result, encoded_together

TICK_SECONDS = 0.1

# One pass of the encoder takes so many clips and, beyond the first, so many seconds of sound.
_BATCH_CLIPS = 16
_BATCH_SECONDS = 160.0
# How much is decoded ahead of the encoder.
_AHEAD_CLIPS = 2 * _BATCH_CLIPS
AHEAD_SECONDS = 4 * _BATCH_SECONDS
_MOST_THREADS = 16
# A slow encoder gets smaller batches, so that a stop is felt after about this time.
_BATCH_TIME = 0.5

_Audio = NDArray[np.float32]
_Loaded = tuple[Clip, "Future[_Audio]"]


def encoded_in_batches(
    dataset: Dataset, clips: Sequence[Clip], encoder: AudioEncoder
) -> Generator[list[Result], None, None]:
    """Yield what an encoder makes of clips, in order; an empty list after 100 ms without any."""
    pace = _Pace()
    for batch in _batches(dataset, clips, encoder.sample_rate, pace):
        results: list[Result] = []
        if batch:
            begun = time.monotonic()
            results = encoded_together(encoder, [(clip, audio.result) for clip, audio in batch])
            pace.took(sum(clip.duration for clip, _ in batch), time.monotonic() - begun)
        yield results


@dataclass(slots=True)
class _Pace:
    """How many seconds of sound a batch may hold, by what the batch before it took."""

    seconds: float = _BATCH_SECONDS / 8

    def took(self, sound: float, time_taken: float) -> None:
        per_second = sound / max(time_taken, 1e-3)
        self.seconds = min(_BATCH_SECONDS, 2 * self.seconds, _BATCH_TIME * per_second)


def _batches(
    dataset: Dataset, clips: Sequence[Clip], sample_rate: int, pace: _Pace
) -> Iterator[list[_Loaded]]:
    """Yield clips with their audio in batches; an empty one after every 100 ms of waiting."""
    threads = min(_MOST_THREADS, max(1, (os.cpu_count() or 2) - 1))
    pool = ThreadPoolExecutor(threads, thread_name_prefix="decode")
    coming = deque(clips)
    loading: deque[_Loaded] = deque()
    ahead = 0.0
    batch: list[_Loaded] = []
    seconds = 0.0
    try:
        while coming or loading:
            while coming and len(loading) < _AHEAD_CLIPS and (ahead < AHEAD_SECONDS or not loading):
                clip = coming.popleft()
                loading.append((clip, pool.submit(dataset.load_audio, clip, sample_rate)))
                ahead += clip.duration
            clip, audio = loading[0]
            if not wait([audio], timeout=TICK_SECONDS).done:
                yield []
                continue
            loading.popleft()
            ahead -= clip.duration
            batch.append((clip, audio))
            seconds += clip.duration
            if len(batch) == _BATCH_CLIPS or seconds >= pace.seconds:
                yield batch
                batch, seconds = [], 0.0
        if batch:
            yield batch
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
