"""What a feature store is of, what is in it, and where it lies: ``index.json`` and the folder."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, Self

from core.audio.encoder import AudioEncoder
from core.data.clips import Dataset, audio_fingerprint
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
    keys
        What each clip's audio was known by (`core.data.clips.clip_keys`), empty where by nothing.
    complete
        Whether every clip of the split is either stored or failed.
    """

    identity: StoreIdentity
    clip_ids: list[str] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    complete: bool = False

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Read the index of a store; None where there is none, `DamagedStoreError` if damaged."""
        path = folder / INDEX_FILE
        try:
            record = read_json(path)
            if record["format"] != _FORMAT:
                raise ValueError("another format")
            clip_ids = [str(clip_id) for clip_id in record["clip_ids"]]
            keys = [str(key) for key in record.get("keys", ())]
            return cls(
                identity=StoreIdentity(**record["identity"]),
                clip_ids=clip_ids,
                keys=keys if len(keys) == len(clip_ids) else [""] * len(clip_ids),
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
        fingerprint=audio_fingerprint(dataset, split),
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
