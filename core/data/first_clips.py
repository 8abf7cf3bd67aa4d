"""The first clips of each split of a dataset, as a dataset."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.data.clips import Clip, Dataset, audio_fingerprint, clip_keys


class FirstClips:
    """A dataset cut to the first `limits[split]` clips of its splits; splits not named stay whole.

    The fingerprint differs from the whole dataset's, so a feature store is never mistaken.
    """

    def __init__(self, dataset: Dataset, limits: Mapping[str, int]) -> None:
        self._dataset = dataset
        self._limits = dict(limits)

    @property
    def name(self) -> str:
        """The name of the whole dataset."""
        return self._dataset.name

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits of the whole dataset."""
        return self._dataset.splits

    def clips(self, split: str) -> tuple[Clip, ...]:
        """The first clips of a split."""
        return self._dataset.clips(split)[: self._limits.get(split)]

    def load_audio(self, clip: Clip, sample_rate: int) -> NDArray[np.float32]:
        """Samples (n,) of a clip, as the whole dataset gives them."""
        return self._dataset.load_audio(clip, sample_rate)

    def fingerprint(self, split: str) -> str:
        """Fingerprint of the split together with the limit, where there is one."""
        return self._cut(self._dataset.fingerprint(split), split)

    def audio_fingerprint(self, split: str) -> str:
        """Fingerprint of the split's audio together with the limit, where there is one."""
        return self._cut(audio_fingerprint(self._dataset, split), split)

    def clip_keys(self, split: str) -> Mapping[str, str]:
        """What the whole dataset knows its clips' audio by."""
        return clip_keys(self._dataset, split)

    def _cut(self, whole: str, split: str) -> str:
        limit = self._limits.get(split)
        if limit is None or limit >= len(self._dataset.clips(split)):
            return whole
        return hashlib.sha256(f"{whole}:{limit}".encode()).hexdigest()
