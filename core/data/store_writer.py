"""Writing of a feature store, clip by clip, so that it can be stopped and gone on with anywhere."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.disk_errors import disk_errors
from core.data.store_index import (
    FRAMES_FILE,
    INDEX_FILE,
    TAGS_FILE,
    DamagedStoreError,
    StoreIdentity,
    StoreIndex,
)
from core.errors import DatasetError

_SECONDS_BETWEEN_FLUSHES = 2.0


class StoreWriter:
    """Appends clips to a store. Only one may write a folder at a time (`core.data.store_lock`).

    The index is flushed after the arrays, every few seconds and on `close`: whatever happens, it
    speaks only of clips that are on disk, and anything behind them is cut off on the next start.
    """

    def __init__(self, folder: Path, identity: StoreIdentity) -> None:
        self.folder = folder
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            index = StoreIndex.read(folder)
            if index is not None and index.identity != identity:
                raise DatasetError(
                    f"{folder} holds features of another encoder or of other audio; delete it or "
                    "choose another folder."
                )
            self.index = index or StoreIndex(identity)
            rows = sum(self.index.lengths)
            self._frames = _GrowingArray(
                folder / FRAMES_FILE, rows, identity.dim, np.dtype(identity.dtype)
            )
            try:
                self._tags = _GrowingArray(
                    folder / TAGS_FILE, len(self.index.lengths), identity.tags, np.dtype("float32")
                )
            except BaseException:
                self._frames.close()
                raise
        self._flushed = time.monotonic()
        self._dirty = False

    def append(
        self, clip_id: str, frames: NDArray[Any], tags: NDArray[np.float32], key: str = ""
    ) -> None:
        """Add a clip: its frames (T, D), tag probabilities (C,), and what its audio is known by."""
        with disk_errors(self.folder):
            self._frames.append(frames)
            self._tags.append(tags[None])
        self.index.clip_ids.append(clip_id)
        self.index.lengths.append(len(frames))
        self.index.keys.append(key)
        self.index.failed.pop(clip_id, None)
        self._changed()

    def fail(self, clip_id: str, sentence: str) -> None:
        """Note that a clip cannot be read."""
        if self.index.failed.get(clip_id) != sentence:
            self.index.failed[clip_id] = sentence
            self._changed()

    def finish(self) -> None:
        """Mark the store as complete."""
        if not self.index.complete:
            self.index.complete = True
            self._dirty = True
            self.flush()

    def flush(self) -> None:
        """Bring everything to disk, the index last."""
        if not self._dirty:
            return
        with disk_errors(self.folder):
            self._frames.flush()
            self._tags.flush()
            self.index.write(self.folder)
        self._flushed = time.monotonic()
        self._dirty = False

    def close(self) -> None:
        """Flush and close the files."""
        try:
            self.flush()
        finally:
            self._frames.close()
            self._tags.close()

    def check_space(self, frames: int) -> None:
        """Raise `DatasetError` where so many more frames do not fit on the disk."""
        identity = self.index.identity
        needed = frames * identity.dim * np.dtype(identity.dtype).itemsize
        free = shutil.disk_usage(self.folder).free
        if needed > free:
            raise DatasetError(
                f"The features need {needed / 1e9:.1f} GB but {self.folder} has {free / 1e9:.1f} "
                "GB left; free some space, or choose float16 features."
            )

    def _changed(self) -> None:
        self._dirty = True
        if time.monotonic() - self._flushed > _SECONDS_BETWEEN_FLUSHES:
            self.flush()


def clear_store(folder: Path) -> None:
    """Remove the files of a store, the index first."""
    with disk_errors(folder):
        for name in (INDEX_FILE, FRAMES_FILE, TAGS_FILE):
            (folder / name).unlink(missing_ok=True)


class _GrowingArray:
    """A two-dimensional ``.npy`` file that grows by rows."""

    def __init__(self, path: Path, rows: int, columns: int, dtype: np.dtype[Any]) -> None:
        self._rows, self._columns, self._dtype = rows, columns, dtype
        # Unbuffered, so that nothing is left to be written when the disk is full.
        self._file = path.open("r+b" if path.exists() and rows else "w+b", buffering=0)
        try:
            # NumPy leaves room in the header, so that its size stays the same as rows are added.
            self._write_header()
            header = self._file.tell()
            size = header + rows * columns * dtype.itemsize
            actual = self._file.seek(0, 2)
            if actual < size and rows:
                raise DamagedStoreError(
                    f"The feature file {path} is damaged; delete its folder and extract again."
                )
            if actual > size:
                self._file.truncate(size)
            self._file.seek(size)
            self._size = size
        except BaseException:
            self._file.close()
            raise

    def append(self, rows: NDArray[Any]) -> None:
        if rows.ndim != 2 or rows.shape[1] != self._columns:
            raise ValueError(f"rows of shape {rows.shape} in an array of {self._columns} columns")
        content = np.ascontiguousarray(rows, dtype=self._dtype).reshape(-1).view(np.uint8).data
        size = self._size + len(content)
        try:
            while content:
                content = content[self._file.write(content) :]
        except OSError:
            self._file.truncate(self._size)
            self._file.seek(self._size)
            raise
        self._size = size
        self._rows += len(rows)

    def flush(self) -> None:
        self._write_header()
        self._file.seek(self._size)
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()

    def _write_header(self) -> None:
        self._file.seek(0)
        np.lib.format.write_array_header_1_0(
            self._file,
            {
                "descr": np.lib.format.dtype_to_descr(self._dtype),
                "fortran_order": False,
                "shape": (self._rows, self._columns),
            },
        )
