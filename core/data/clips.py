"""What a captioning dataset is: clips with reference captions, in named splits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Clip:
    """One sound with its reference captions.

    Attributes
    ----------
    id
        Unique within its dataset; e.g. ``train-0001``, or the name of its file below the folder.
    captions
        The reference captions; none in a split that is there to be captioned only.
    duration
        Length in seconds; 0 where the file cannot be read.
    source
        The sound file, or None for a clip that is made on the fly.
    tags
        Names of the sound classes that are known to be in the clip.
    extras
        What else the dataset says of the clip, such as its author or licence.
    """

    id: str
    captions: tuple[str, ...]
    duration: float
    source: Path | None = None
    tags: tuple[str, ...] = ()
    extras: Mapping[str, str] = field(default_factory=dict, hash=False)


@runtime_checkable
class Dataset(Protocol):
    """Clips in splits, and the only way to their audio.

    A clip does not know its samples: they may come from a file, an archive or a generator, so
    they are always asked of the dataset that the clip came from.
    """

    @property
    def name(self) -> str:
        """Stable name, as `core.data.datasets.open_dataset` takes it."""
        ...

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits: that for training first, that for validation second."""
        ...

    def clips(self, split: str) -> tuple[Clip, ...]:
        """All clips of a split, in a fixed order; `DatasetError` for an unknown split."""
        ...

    def load_audio(self, clip: Clip, sample_rate: int) -> NDArray[np.float32]:
        """Mono samples (n,) of a clip at `sample_rate` Hz, full scale = 1."""
        ...

    def fingerprint(self, split: str) -> str:
        """Hash that changes whenever the audio or the captions of the split would change."""
        ...


def present_splits(dataset: Dataset) -> tuple[str, ...]:
    """Return the splits whose files are on this machine; `splits` names them all."""
    present: tuple[str, ...] = getattr(dataset, "present_splits", dataset.splits)
    return present


def missing_files(dataset: Dataset, split: str) -> tuple[str, ...]:
    """Return the names of the sounds that the split's tables name but that are not on disk."""
    ask = getattr(dataset, "missing", None)
    return tuple(ask(split)) if ask is not None else ()


def audio_fingerprint(dataset: Dataset, split: str) -> str:
    """Return a hash of the split's audio alone, where the dataset can tell it from captions.

    Features are kept by it, so that an edited caption does not cost an extraction.
    """
    ask = getattr(dataset, "audio_fingerprint", dataset.fingerprint)
    return str(ask(split))


def clip_keys(dataset: Dataset, split: str) -> Mapping[str, str]:
    """Return by id what tells a clip's audio from an earlier version; nothing where none can."""
    ask = getattr(dataset, "clip_keys", None)
    return ask(split) if ask is not None else {}
