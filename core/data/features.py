"""The frame embeddings of a split, whatever stores they lie in."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from core.audio.encoder import AudioEncoder
from core.data.clips import Dataset
from core.data.feature_store import FeatureStore, batch_room
from core.data.joined_dataset import Joined
from core.data.store_index import FeatureType, store_path
from core.errors import DatasetError
from core.events import Event


@runtime_checkable
class Features(Protocol):
    """Frames of N clips. `core.data.feature_store.FeatureStore` is one."""

    @property
    def clip_ids(self) -> tuple[str, ...]:
        """Ids of the clips, in order."""
        ...

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Numbers of frames (N,)."""
        ...

    @property
    def failed(self) -> Mapping[str, str]:
        """One sentence for each clip of the split that is not here."""
        ...

    @property
    def dim(self) -> int:
        """Features of a frame, D."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Number type of the frames."""
        ...

    def __len__(self) -> int: ...

    def frames(self, position: int) -> NDArray[Any]:
        """Frames (T, D) of one clip, read-only."""
        ...

    def read_batch(
        self, positions: Sequence[int] | NDArray[np.int64], out: NDArray[Any] | None = None
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Frames (B, T, D) of B clips, zero behind the end of each, and their lengths (B,)."""
        ...


class JoinedFeatures:
    """The stores of several datasets one behind another; ids are ``part/id``.

    Parameters
    ----------
    parts
        The name of each part and its store; all of one encoder and number type.
    """

    def __init__(self, parts: Sequence[tuple[str, Features]]) -> None:
        self.parts = tuple(store for _, store in parts)
        self.clip_ids = tuple(f"{name}/{clip}" for name, store in parts for clip in store.clip_ids)
        self.lengths: NDArray[np.int64] = np.concatenate([store.lengths for store in self.parts])
        self.failed: Mapping[str, str] = {
            f"{name}/{clip}": text for name, store in parts for clip, text in store.failed.items()
        }
        self._starts = np.cumsum([0, *(len(store) for store in self.parts)])

    @property
    def dim(self) -> int:
        """Features of a frame, D."""
        return self.parts[0].dim

    @property
    def dtype(self) -> np.dtype[Any]:
        """Number type of the frames."""
        return self.parts[0].dtype

    def __len__(self) -> int:
        return len(self.clip_ids)

    def frames(self, position: int) -> NDArray[Any]:
        """Frames (T, D) of one clip, read-only; `IndexError` for a position that has none."""
        if not 0 <= position < len(self):
            raise IndexError(f"no clip {position} in features of {len(self)}")
        part = int(np.searchsorted(self._starts, position, side="right")) - 1
        return self.parts[part].frames(int(position - self._starts[part]))

    def read_batch(
        self, positions: Sequence[int] | NDArray[np.int64], out: NDArray[Any] | None = None
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Frames (B, T, D) of B clips, zero behind the end of each, and their lengths (B,)."""
        rows = np.asarray(positions, dtype=np.int64)
        lengths = self.lengths[rows]
        batch = batch_room(lengths, self.dim, self.dtype, out)
        owners = np.searchsorted(self._starts, rows, side="right") - 1
        for place, (row, owner) in enumerate(zip(rows, owners, strict=True)):
            own = [int(row - self._starts[owner])]
            self.parts[owner].read_batch(own, batch[place : place + 1])
            batch[place, lengths[place] :] = 0
        return batch, lengths


def open_features(
    dataset: Dataset, split: str, encoder: AudioEncoder, dtype: FeatureType = "float32"
) -> Generator[Event, None, Features]:
    """Extract what is missing of a split's features, and open them.

    A joined dataset uses the stores of its parts, so that no sound is extracted twice. Yields and
    raises what `core.data.extraction.extract` does; the features are what the generator returns.
    """
    from core.data.extraction import extract

    if isinstance(dataset, Joined):
        parts = []
        for part, own in dataset.routes(split):
            parts.append((part.name, (yield from open_features(part, own, encoder, dtype))))
        if not parts:
            raise DatasetError(f"The split '{split}' of '{dataset.name}' has no clips.")
        return JoinedFeatures(parts)
    folder = store_path(dataset, split, encoder, dtype)
    yield from extract(dataset, split, encoder, folder, dtype)
    return FeatureStore.open(folder)
