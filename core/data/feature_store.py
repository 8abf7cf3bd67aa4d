"""Frame embeddings of a whole split on disk: one memory-mapped array and an index.

A store is a folder with ``frames.npy`` (sum of lengths, D), ``tags.npy`` (clips, C) and
``index.json``. Its name holds the dataset, the split, the encoder, its weights, the number type
and the fingerprint of the audio, so that features of another encoder are never taken for these.
`core.data.extraction` writes stores.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from core.audio.encoder import AudioEncoder
from core.data.clips import Dataset
from core.errors import DatasetError
from core.files import read_json, write_text_atomic
from core.paths import features_dir

FeatureType = Literal["float32", "float16"]

FRAMES_FILE = "frames.npy"
TAGS_FILE = "tags.npy"
INDEX_FILE = "index.json"

_FORMAT = 1


class DamagedStoreError(DatasetError):
    """The files of a store do not fit together."""


@dataclass(frozen=True, slots=True)
class StoreIdentity:
    """What the features of a store are features of; two stores that differ here never mix."""

    dataset: str
    split: str
    fingerprint: str
    encoder: str
    weights_hash: str
    dim: int
    tags: int
    dtype: FeatureType


@dataclass(slots=True)
class StoreIndex:
    """Content of ``index.json``.

    Attributes
    ----------
    identity
        What the features are features of.
    clip_ids, lengths
        The clips in the order of their frames, and how many frames each has.
    failed
        One sentence for each clip that could not be read.
    complete
        Whether every clip of the split is either stored or failed.
    """

    identity: StoreIdentity
    clip_ids: list[str] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    complete: bool = False

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Read the index of a store; None where there is none, `DamagedStoreError` if damaged."""
        path = folder / INDEX_FILE
        try:
            record = read_json(path)
            if record["format"] != _FORMAT:
                raise ValueError("another format")
            return cls(
                identity=StoreIdentity(**record["identity"]),
                clip_ids=[str(clip_id) for clip_id in record["clip_ids"]],
                lengths=[int(length) for length in record["lengths"]],
                failed={str(key): str(value) for key, value in record["failed"].items()},
                complete=bool(record["complete"]),
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedStoreError(
                f"The feature index {path} is damaged; delete its folder and extract again."
            ) from error

    def write(self, folder: Path) -> None:
        """Write the index whole or not at all."""
        # No indentation: thousands of lines of numbers help nobody.
        text = json.dumps({"format": _FORMAT, **asdict(self)}, ensure_ascii=False)
        write_text_atomic(folder / INDEX_FILE, text)


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
        frames: NDArray[Any],
        tags: NDArray[np.float32],
    ) -> None:
        self.path = path
        self.identity = index.identity
        self.clip_ids = tuple(index.clip_ids)
        self.lengths = np.asarray(index.lengths, dtype=np.int64)
        self.failed: Mapping[str, str] = dict(index.failed)
        self.tags = tags
        self._frames = frames
        self._offsets = np.concatenate([[0], np.cumsum(self.lengths)])

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
                f"The features in {path} are not complete; start the extraction again to go on."
            )
        identity = index.identity
        frames = _mapped(path / FRAMES_FILE, sum(index.lengths), identity.dim, identity.dtype)
        tags = _mapped(path / TAGS_FILE, len(index.lengths), identity.tags, "float32")
        return cls(path, index, frames, tags)

    def __len__(self) -> int:
        return len(self.clip_ids)

    def frames(self, position: int) -> NDArray[Any]:
        """Frame embeddings (T, D) of the clip at a position, memory-mapped and read-only."""
        if not 0 <= position < len(self):
            raise IndexError(f"no clip {position} in a store of {len(self)}")
        return self._frames[self._offsets[position] : self._offsets[position + 1]]


def store_path(
    dataset: Dataset, split: str, encoder: AudioEncoder, dtype: FeatureType = "float32"
) -> Path:
    """Return the folder for the features of a split, below the folder of all features."""
    return features_dir() / _folder_name(store_identity(dataset, split, encoder, dtype))


def store_identity(
    dataset: Dataset, split: str, encoder: AudioEncoder, dtype: FeatureType
) -> StoreIdentity:
    """Say what features of this split by this encoder are."""
    return StoreIdentity(
        dataset=dataset.name,
        split=split,
        fingerprint=dataset.fingerprint(split),
        encoder=encoder.name,
        weights_hash=encoder.weights_hash,
        dim=encoder.dim,
        tags=len(encoder.tag_names),
        dtype=dtype,
    )


def _folder_name(identity: StoreIdentity) -> str:
    parts = [
        identity.dataset,
        identity.split,
        identity.encoder,
        identity.weights_hash[:8],
        identity.fingerprint[:8],
    ]
    if identity.dtype != "float32":
        parts.append(identity.dtype)
    return re.sub(r"[^\w.-]", "_", "-".join(parts))


def _mapped(path: Path, rows: int, columns: int, dtype: str) -> NDArray[Any]:
    """Map an array and check that it is the one that the index speaks of."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        # A crash between the writing of frames and that of the index leaves more rows than known.
        if array.ndim == 2 and array.dtype == dtype and array.shape[1] == columns:
            array = array[:rows]
        if array.shape != (rows, columns) or array.dtype != dtype:
            raise ValueError(f"shape {array.shape} of {array.dtype}")
    except (OSError, ValueError, EOFError) as error:
        raise DamagedStoreError(
            f"The feature file {path} is damaged; delete its folder and extract again."
        ) from error
    return array
