"""Where the frames of a split are kept: in the memory of the device, or on the disk.

Frames that fit lie on the device, and a batch is an index. Others are read batch by batch, ahead of
their use and in another thread; which clips make a batch is decided elsewhere, so that both ways
give the same batches.
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import psutil
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.data.features import Features

BATCHES_AHEAD = 2


class StreamedFrames:
    """Frames of N clips that are read from their store when a batch asks for them.

    Parameters
    ----------
    store
        The features.
    rows
        (N,) the place of each clip in the store.
    device
        Where batches are put.
    """

    def __init__(self, store: Features, rows: NDArray[np.int64], device: torch.device) -> None:
        self._store, self._rows, self._device = store, rows, device
        self._dtype = torch.from_numpy(np.empty(0, store.dtype)).dtype
        self._coming: deque[Tensor] = deque()
        self._read_ahead: dict[bytes, Future[Tensor]] = {}
        self._reader = ThreadPoolExecutor(1, "frames")
        weakref.finalize(self, self._reader.shutdown, wait=False, cancel_futures=True)

    def expect(self, batches: Sequence[Tensor]) -> None:
        """Begin to read the batches that will be asked for next: clip numbers (B,), in order."""
        self._coming = deque(batches)
        for waiting in self._read_ahead.values():
            waiting.cancel()
        self._read_ahead.clear()
        self._go_ahead()

    def take(self, clips: Tensor) -> Tensor:
        """Return the frames (B, T, D) of the clips numbered (B,), zero behind the end of each."""
        waiting = self._read_ahead.pop(_key(clips), None)
        frames = self._read(clips) if waiting is None else waiting.result()
        self._go_ahead()
        return frames.to(self._device, non_blocking=True)

    def _go_ahead(self) -> None:
        while self._coming and len(self._read_ahead) < BATCHES_AHEAD:
            clips = self._coming.popleft()
            self._read_ahead[_key(clips)] = self._reader.submit(self._read, clips)

    def _read(self, clips: Tensor) -> Tensor:
        rows = self._rows[clips.numpy()]
        longest = int(self._store.lengths[rows].max())
        shape = (len(rows), longest, self._store.dim)
        pinned = self._device.type == "cuda"
        frames = torch.empty(shape, dtype=self._dtype, pin_memory=pinned)
        self._store.read_batch(rows, frames.numpy())
        return frames


def fits(count: int, frames: int, store: Features, device: torch.device, share: float) -> bool:
    """Say whether `count` clips of `frames` frames fill at most a `share` of the free memory."""
    return count * frames * store.dim * store.dtype.itemsize <= share * free_bytes(device)


def free_bytes(device: torch.device) -> int:
    """Return the memory of a device that nobody uses yet."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    # Apple's GPU shares the memory of the processor.
    return int(psutil.virtual_memory().available)


def _key(clips: Tensor) -> bytes:
    return clips.numpy().tobytes()
