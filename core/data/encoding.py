"""Clips through an encoder: decoded and encoded side by side, and given back in order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from threading import Barrier
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.audio.encoder import AudioEncoder, SharedEncoder
from core.data.clips import Clip, Dataset
from core.data.encoding_batches import AHEAD_SECONDS, TICK_SECONDS, encoded_in_batches
from core.data.encoding_together import Result, encoded_together

__all__ = ["TICK_SECONDS", "Result", "encoded_clips"]

# A longer clip is for one thread only if the encoder is so fast that a stop, which waits for the
# clips in hand, is felt after about this time; else it is encoded by itself with all cores.
_LONGEST_SECONDS = 60.0
_LONGEST_TIME = 0.5
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
    handed over. A clip that would keep one core for long gets all of them when its turn comes. On
    a GPU, or where all are long, clips are decoded beside it (`core.data.encoding_batches`).
    """
    cores = _cores()
    threads = min(cores, len(clips))
    shared = isinstance(encoder, SharedEncoder) and encoder.concurrent
    if shared and threads > 1 and not all(map(_is_long, clips)):
        return _encoded_in_threads(dataset, clips, encoder, threads, cores // threads)
    return encoded_in_batches(dataset, clips, encoder)


def _cores() -> int:
    return torch.get_num_threads()


def _is_long(clip: Clip) -> bool:
    return clip.duration > _LONGEST_SECONDS


@dataclass(slots=True)
class _Pace:
    """How long a clip may be for one thread, in seconds, by what groups before it took."""

    seconds: float = _LONGEST_SECONDS

    def took(self, group: Sequence[Clip], time_taken: float) -> None:
        """Learn from a group; twice the length before is the most at once."""
        possible = _LONGEST_TIME * sum(clip.duration for clip in group) / max(time_taken, 1e-3)
        self.seconds = max(_LONGEST_SECONDS, min(2 * self.seconds, possible))


@dataclass(frozen=True, slots=True)
class _Encoded:
    """Clips that a thread encodes."""

    clips: Sequence[Clip]
    future: Future[list[Result]]


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A long clip that a thread decodes, to be encoded by all cores in its turn."""

    clips: Sequence[Clip]
    future: Future[NDArray[np.float32]]


_Job = _Encoded | _Decoded


def _encoded_in_threads(
    dataset: Dataset, clips: Sequence[Clip], encoder: AudioEncoder, threads: int, cores_each: int
) -> Generator[list[Result], None, None]:
    pool = _pool(threads, cores_each)
    coming = deque(_groups(clips, threads))
    going: deque[_Job] = deque()
    rate = encoder.sample_rate
    pace = _Pace()

    def encode(group: Sequence[Clip]) -> list[Result]:
        begun = time.monotonic()
        loads = [(clip, partial(dataset.load_audio, clip, rate)) for clip in group]
        results = encoded_together(encoder, loads)
        pace.took(group, time.monotonic() - begun)
        return results

    def begin(group: Sequence[Clip], alone: bool) -> _Job:
        if alone:
            return _Decoded(group, pool.submit(dataset.load_audio, group[0], rate))
        return _Encoded(group, pool.submit(encode, group))

    try:
        while coming or going:
            while coming and len(going) < _AHEAD * threads:
                alone = coming[0][0].duration > pace.seconds
                if not _may_begin(coming[0], alone, going):
                    break
                going.append(begin(coming.popleft(), alone))
            first: Future[Any] = going[0].future
            wait([first], timeout=TICK_SECONDS)
            results: list[Result] = []
            while going and going[0].future.done() and len(results) < _MOST_AT_ONCE:
                job = going[0]
                if isinstance(job, _Encoded):
                    results.extend(job.future.result())
                elif results:
                    break
                else:
                    results = encoded_together(encoder, [(job.clips[0], job.future.result)])
                going.popleft()
            yield results
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _may_begin(group: Sequence[Clip], alone: bool, going: Iterable[_Job]) -> bool:
    """Whether a thread may begin with clips, or with one for all cores, while others are going."""
    jobs = list(going)
    if not alone and any(isinstance(job, _Decoded) for job in jobs):
        # All cores will be at those that are decoded only.
        return False
    held = [job.clips[0].duration for job in jobs if _is_long(job.clips[0])]
    return not (held and _is_long(group[0]) and sum(held) + group[0].duration > AHEAD_SECONDS)


def _groups(clips: Sequence[Clip], threads: int) -> Iterator[list[Clip]]:
    """Cut clips into groups, each thread having several of them, so that all end about together.

    A long clip is a group of its own.
    """
    short = sum(not _is_long(clip) for clip in clips)
    most = max(1, min(_GROUP_CLIPS, short // (_AHEAD * threads)))
    group: list[Clip] = []
    seconds = 0.0
    for clip in clips:
        full = len(group) == most or seconds + clip.duration > _GROUP_SECONDS
        if group and (full or _is_long(clip)):
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
