"""Where played samples come from: memory, or a file that is read a little ahead."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.audio.files import iterate_blocks
from core.errors import AudioFileError

_BLOCK_SECONDS = 0.25
_BLOCKS_AHEAD = 8
_PATIENCE = 0.1
# A loop of at most this length is read once: each reading may cost a start of FFmpeg.
_KEPT_SECONDS = 30.0

Samples = NDArray[np.float32]


class PlaySource(Protocol):
    """Samples in the order in which they are played."""

    @property
    def ended(self) -> bool:
        """Whether there are no more samples."""
        ...

    def read(self, frames: int) -> Samples:
        """Return at most `frames` next samples (n,), fewer where no more are at hand."""
        ...

    def close(self) -> None:
        """Let go of what is held."""
        ...


class MemorySource:
    """A sound in memory from sample `start` on; with `loop`, again and again from `loop_from`."""

    def __init__(self, samples: Samples, start: int, loop: bool, loop_from: int) -> None:
        self._samples = samples
        self._cursor = min(max(0, start), len(samples))
        self._loop = loop and loop_from < len(samples)
        self._loop_from = max(0, loop_from)

    @property
    def ended(self) -> bool:
        """Whether the end was reached and nothing begins anew."""
        return self._cursor >= len(self._samples) and not self._loop

    def read(self, frames: int) -> Samples:
        """Return the next samples, up to the end or the place where the loop turns."""
        if self._cursor >= len(self._samples) and self._loop:
            self._cursor = self._loop_from
        part = self._samples[self._cursor : self._cursor + frames]
        self._cursor += len(part)
        return part

    def close(self) -> None:
        """Nothing is held that could not go with the object."""


class FileSource:
    """A part of a file at `sample_rate` Hz, read by a thread two seconds ahead of what is played.

    Parameters
    ----------
    path
        The sound file.
    sample_rate
        The rate of the samples that `read` gives.
    start, end
        The part in seconds.
    loop, loop_from
        Whether to go on from `loop_from` seconds at the end, again and again.
    """

    def __init__(
        self,
        path: Path,
        sample_rate: int,
        start: float,
        end: float,
        loop: bool = False,
        loop_from: float = 0.0,
    ) -> None:
        self._path, self._rate = path, sample_rate
        self._start, self._end = start, end
        self._loop_from = loop_from if loop and loop_from < end else None
        self._blocks: queue.Queue[Samples | None] = queue.Queue(_BLOCKS_AHEAD)
        self._held = np.zeros(0, np.float32)
        self._over = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="playback", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether all has been given."""
        return self._over and not len(self._held)

    def read(self, frames: int) -> Samples:
        """Return the samples at hand without waiting for the file."""
        if not len(self._held) and not self._over:
            try:
                block = self._blocks.get_nowait()
            except queue.Empty:
                return self._held
            self._over = block is None
            self._held = np.zeros(0, np.float32) if block is None else block
        part, self._held = self._held[:frames], self._held[frames:]
        return part

    def close(self) -> None:
        """Stop reading."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            for block in self._passes():
                if not self._put(block):
                    return
        except AudioFileError:
            pass  # a file that breaks off while it is played ends there
        self._put(None)

    def _passes(self) -> Iterator[Samples]:
        if self._start >= self._end:
            return
        yield from self._part(self._start)
        if self._loop_from is None:
            return
        if self._end - self._loop_from <= _KEPT_SECONDS:
            kept = list(self._part(self._loop_from))
            while kept:
                yield from kept
        while True:
            yield from self._part(self._loop_from)

    def _part(self, start: float) -> Iterator[Samples]:
        return iterate_blocks(self._path, _BLOCK_SECONDS, self._rate, start, self._end - start)

    def _put(self, block: Samples | None) -> bool:
        while not self._stop.is_set():
            try:
                self._blocks.put(block, timeout=_PATIENCE)
            except queue.Full:
                continue
            return True
        return False
