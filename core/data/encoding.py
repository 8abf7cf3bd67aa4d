"""Clips through an encoder: decoded and encoded side by side, and given back in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from threading import Barrier

import torch

from core.audio.encoder import AudioEncoder, SharedEncoder
from core.data.clips import Clip, Dataset
from core.data.encoding_batches import TICK_SECONDS, encoded_in_batches
from core.data.encoding_together import Result, encoded_together

__all__ = ["TICK_SECONDS", "Result", "encoded_clips"]

# A longer clip is encoded with all cores: a stop waits for the clips in hand, and many long ones at
# once would need much memory.
_LONGEST_SECONDS = 60.0
# A thread takes so many clips at a time, and beyond the first so many seconds of sound: whatever is
# done once for them all, above all in Python, where threads wait for each other, weighs less.
_GROUP_CLIPS = 16
_GROUP_SECONDS = 30.0
# Groups that are handed to each thread ahead of those that are done.
_AHEAD = 4
# Results that are given back together.
_MOST_AT_ONCE = 16


def encoded_clips(
    dataset: Dataset, clips: Sequence[Clip], encoder: AudioEncoder
) -> Generator[list[Result], None, None]:
    """Yield what an encoder makes of clips, in order; an empty list after 100 ms without any.

    On a CPU each core takes some clips from their files to their frames by itself: the layers of a
    small network are too short to be shared between cores without waiting, and nothing has to be
    handed over. On a GPU, or with long clips, they are decoded beside it
    (`core.data.encoding_batches`).
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
    coming = deque(_groups(clips, threads))
    going: deque[Future[list[Result]]] = deque()

    def encode(group: Sequence[Clip]) -> list[Result]:
        rate = encoder.sample_rate
        loads = [(clip, partial(dataset.load_audio, clip, rate)) for clip in group]
        return encoded_together(encoder, loads)

    try:
        while coming or going:
            while coming and len(going) < _AHEAD * threads:
                going.append(pool.submit(encode, coming.popleft()))
            wait([going[0]], timeout=TICK_SECONDS)
            results: list[Result] = []
            while going and going[0].done() and len(results) < _MOST_AT_ONCE:
                results.extend(going.popleft().result())
            yield results
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _groups(clips: Sequence[Clip], threads: int) -> Iterator[list[Clip]]:
    """Cut clips into groups, each thread having several of them, so that all end about together."""
    most = max(1, min(_GROUP_CLIPS, len(clips) // (_AHEAD * threads)))
    group: list[Clip] = []
    seconds = 0.0
    for clip in clips:
        if len(group) == most or (group and seconds + clip.duration > _GROUP_SECONDS):
            yield group
            group, seconds = [], 0.0
        group.append(clip)
        seconds += clip.duration
    if group:
        yield group


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
