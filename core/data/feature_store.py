"""Frame embeddings of a whole split on disk: one memory-mapped array and an index.

A store is a folder with ``frames.npy`` (sum of lengths, D), ``tags.npy`` (clips, C) and
``index.json``. Its name holds the dataset, the split, the encoder, its weights, the number type
and the fingerprint of the audio, so that features of another encoder are never taken for these.
`core.data.extraction` writes stores.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.data.store_index import (
    FRAMES_FILE,
    TAGS_FILE,
    DamagedStoreError,
    StoreIndex,
)
from core.errors import DatasetError

# Windows reads a file at a place only by moving a shared pointer; there the map is copied.
_READS_AT = hasattr(os, "preadv")


class FeatureStore:
    """A complete store, open for reading.

    Attributes
    ----------
    path
        Its folder.
    identity
        What the features are features of.
    clip_ids, lengths
        The clips in the order of the store, and their numbers of frames (N,).
    failed
        One sentence for each clip of the split that is not here because it could not be read.
    tags
        Tag probabilities (N, C), memory-mapped.
    """

    def __init__(
        self,
        path: Path,
        index: StoreIndex,
        frames: np.memmap[Any, Any],
        tags: NDArray[np.float32],
    ) -> None:
        self.path = path
        self.identity = index.identity
        self.clip_ids = tuple(index.clip_ids)
        self.lengths = np.asarray(index.lengths, dtype=np.int64)
        self.failed: Mapping[str, str] = dict(index.failed)
        self.keys = tuple(index.keys)
        self.tags = tags
        self._frames = frames
        self._offsets = np.concatenate([[0], np.cumsum(self.lengths)])
        self._header = int(frames.offset)
        self._file: int | None = None

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open a store.

        Raises
        ------
        DatasetError
            There is no store, its extraction has not ended, or its files are damaged.
        """
        path = Path(path)
        index = StoreIndex.read(path)
        if index is None:
            raise DatasetError(f"There are no features in {path}; extract them first.")
        if not index.complete:
            raise DatasetError(
                f"The features in {path} are not complete; start the extraction again to continue."
            )
        identity = index.identity
        frames = _mapped(path / FRAMES_FILE, sum(index.lengths), identity.dim, identity.dtype)
        tags = _mapped(path / TAGS_FILE, len(index.lengths), identity.tags, "float32")
        return cls(path, index, frames, tags)

    def __len__(self) -> int:
        return len(self.clip_ids)

    def frames(self, position: int) -> NDArray[Any]:
        """Frame embeddings (T, D) of a clip, memory-mapped and read-only; `IndexError` for none."""
        if not 0 <= position < len(self):
            raise IndexError(f"no clip {position} in a store of {len(self)}")
        return self._frames[self._offsets[position] : self._offsets[position + 1]]

    @property
    def dim(self) -> int:
        """Features of a frame, D."""
        return self.identity.dim

    @property
    def dtype(self) -> np.dtype[Any]:
        """Number type of the frames."""
        return np.dtype(self.identity.dtype)

    def read_batch(
        self, positions: Sequence[int] | NDArray[np.int64], out: NDArray[Any] | None = None
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Copy the frames of B clips into one array, zero behind the end of each.

        The file is read straight into the array: nothing stays mapped, so that memory does not
        grow with what has been read. Threads may read at once.

        Parameters
        ----------
        positions
            (B,) positions of the clips in the store.
        out
            Where to put them, at least (B, T, D) for the T frames of the longest, with D together
            in memory; None makes a new array of the store's number type.

        Returns
        -------
        frames, lengths
            (B, T, D), a part of `out` where that is given, and (B,).
        """
        rows = np.asarray(positions, dtype=np.int64)
        lengths = self.lengths[rows]
        batch = batch_room(lengths, self.dim, self.dtype, out)
        direct = _READS_AT and batch.dtype == self.dtype
        for target, row, length in zip(batch, rows, lengths, strict=True):
            if direct and target[:length].flags.c_contiguous:
                self._read(target[:length], int(self._offsets[row]))
            else:
                target[:length] = self.frames(int(row))
            target[length:] = 0
        return batch, lengths

    def _read(self, target: NDArray[Any], first: int) -> None:
        """Fill `target` with the rows of the file from row `first`."""
        start = self._header + first * self.dim * self.dtype.itemsize
        if self._file is None:
            self._file = os.open(self.path / FRAMES_FILE, os.O_RDONLY)
            weakref.finalize(self, os.close, self._file)
        if os.preadv(self._file, [target.data], start) != target.nbytes:
            # A read may stop early at a signal; the map knows whether the file is whole.
            rows = self._frames[first : first + len(target)]
            target[:] = rows


def batch_room(
    lengths: NDArray[np.int64], dim: int, dtype: np.dtype[Any], out: NDArray[Any] | None
) -> NDArray[Any]:
    """Return room (B, T, D) for clips of these lengths: a part of `out`, or new where it is None.

    Raises `ValueError` when `out` is too small.
    """
    shape = (len(lengths), int(lengths.max(initial=0)), dim)
    if out is None:
        return np.empty(shape, dtype)
    batch = out[: shape[0], : shape[1]]
    if batch.shape != shape:
        raise ValueError(f"{out.shape} has no room for {shape}")
    return batch


def _mapped(path: Path, rows: int, columns: int, dtype: str) -> np.memmap[Any, Any]:
    """Map an array and check that it is the one that the index speaks of."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        # A crash between the writing of frames and that of the index leaves more rows than known.
        if array.ndim == 2 and array.dtype == dtype and array.shape[1] == columns:
            array = array[:rows]
        if array.shape != (rows, columns) or array.dtype != dtype:
            raise ValueError(f"shape {array.shape} of {array.dtype}")
        assert isinstance(array, np.memmap)
    except (OSError, ValueError, EOFError) as error:
        raise DamagedStoreError(
            f"The feature file {path} is damaged; delete its folder and extract again."
        ) from error
    return array
