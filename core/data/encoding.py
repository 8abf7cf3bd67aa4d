"""Clips through an encoder: decoded and encoded side by side, and given back in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Barrier

import numpy as np
import torch

from core.audio.encoder import AudioEncoder, Encoding, SharedEncoder
from core.data.clips import Clip, Dataset
from core.data.encoding_batches import TICK_SECONDS, Result, encoded_in_batches
from core.errors import EncoderError, StudioError

__all__ = ["TICK_SECONDS", "Result", "encoded_clips"]

# A longer clip is encoded with all cores: a stop waits for the clips in hand, and many long ones at
# once would need much memory.
_LONGEST_SECONDS = 60.0
# Clips that are handed to each thread ahead of those that are done.
_AHEAD = 4
# Results that are given back together.
_MOST_AT_ONCE = 16


def encoded_clips(
    dataset: Dataset, clips: Sequence[Clip], encoder: AudioEncoder
) -> Generator[list[Result], None, None]:
    """Yield what an encoder makes of clips, in order; an empty list after 100 ms without any.

    On a CPU each core takes a clip from its file to its frames by itself: the layers of a small
    network are too short to be shared between cores without waiting, and nothing has to be handed
    over. On a GPU, or with long clips, they are decoded beside it (`core.data.encoding_batches`).
    """
    cores = _cores()
    threads = min(cores, len(clips))
    longest = max((clip.duration for clip in clips), default=0.0)
    shared = isinstance(encoder, SharedEncoder) and encoder.concurrent
    if shared and threads > 1 and longest <= _LONGEST_SECONDS:
        return _encoded_in_threads(dataset, clips, encoder, threads, cores // threads)
    return encoded_in_batches(dataset, clips, encoder)


def _cores() -> int:
    return torch.get_num_threads()


def _encoded_in_threads(
    dataset: Dataset, clips: Sequence[Clip], encoder: AudioEncoder, threads: int, cores_each: int
) -> Generator[list[Result], None, None]:
    pool = _pool(threads, cores_each)
    coming = deque(clips)
    going: deque[tuple[Clip, Future[Encoding | StudioError]]] = deque()
    try:
        while coming or going:
            while coming and len(going) < _AHEAD * threads:
                clip = coming.popleft()
                going.append((clip, pool.submit(_encoded, dataset, clip, encoder)))
            wait([going[0][1]], timeout=TICK_SECONDS)
            results: list[Result] = []
            while going and going[0][1].done() and len(results) < _MOST_AT_ONCE:
                clip, encoding = going.popleft()
                results.append((clip, encoding.result()))
            yield results
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _pool(threads: int, cores_each: int) -> ThreadPoolExecutor:
    """Return threads whose computations use so many cores each."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix="encode")
    ready = Barrier(threads + 1)

    def settle() -> None:
        torch.set_num_threads(cores_each)
        ready.wait()

    for _ in range(threads):
        pool.submit(settle)
    ready.wait()
    # torch gives the latest number to threads that are yet to begin; those shall have the usual.
    torch.set_num_threads(torch.get_num_threads())
    return pool


def _encoded(dataset: Dataset, clip: Clip, encoder: AudioEncoder) -> Encoding | StudioError:
    try:
        samples = dataset.load_audio(clip, encoder.sample_rate)
    except StudioError as error:
        return error
    try:
        return encoder.encode(torch.from_numpy(np.ascontiguousarray(samples, np.float32)))
    except EncoderError as error:
        return error
