"""What a captioning dataset is: clips with reference captions, in named splits."""

from __future__ import annotations

from dataclasses import dataclass
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
        Unique within its dataset, usable as a file name; e.g. ``train-0001``.
    captions
        The reference captions, at least one.
    duration
        Length in seconds.
    source
        The sound file, or None for a clip that is made on the fly.
    tags
        Names of the sound classes that are known to be in the clip.
    """

    id: str
    captions: tuple[str, ...]
    duration: float
    source: Path | None = None
    tags: tuple[str, ...] = ()


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
        """Names of the splits, training split first."""
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
