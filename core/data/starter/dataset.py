"""The starter scenes as a dataset."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.data.clips import Clip
from core.data.starter.captions import write_captions
from core.data.starter.composing import Composer
from core.data.starter.recordings import SoundLibrary
from core.data.starter.scenes import SCENE_SECONDS, Scene, render
from core.data.starter.splits import SPLITS, split_recordings
from core.data.starter.vocabulary import read_vocabulary
from core.errors import DatasetError

# Raise it with every change that alters a scene or a caption.
GENERATOR_VERSION = 2


class StarterScenes:
    """Ten-second scenes mixed from the starter sounds, with five captions each.

    Any scene can be made alone: it depends on the seed, its split and its number, not on the
    scenes before it. A smaller dataset is a prefix of a larger one.

    Parameters
    ----------
    seed
        Seed of all scenes.
    sizes
        Number of scenes in train, validation and test.
    root
        Folder of the starter sounds; None for the one shipped with the product.

    Raises
    ------
    DatasetError
        If the sounds or their tables are missing or damaged.
    """

    def __init__(
        self,
        seed: int = 0,
        sizes: tuple[int, int, int] = (1500, 200, 200),
        root: Path | None = None,
    ) -> None:
        self._seed = seed
        self._sizes = dict(zip(SPLITS, sizes, strict=True))
        self.library = SoundLibrary(root)
        self._words, word_bytes = read_vocabulary(self.library.root / "words.csv")
        pools = split_recordings(self.library.recordings)
        unknown = sorted({r.sound for r in self.library.recordings} - set(self._words))
        if unknown:
            raise DatasetError(f"words.csv says nothing about the class '{unknown[0]}'.")
        self._composers = {split: Composer(pools[split], self._words) for split in SPLITS}
        self._tables = hashlib.sha256(self.library.table_bytes + word_bytes).hexdigest()
        self._clips: dict[str, tuple[Clip, ...]] = {}

    @property
    def name(self) -> str:
        """Name of the dataset."""
        return "starter-scenes"

    @property
    def splits(self) -> tuple[str, ...]:
        """``train``, ``validation`` and ``test``."""
        return SPLITS

    def clips(self, split: str) -> tuple[Clip, ...]:
        """All scenes of a split."""
        self._check(split)
        if split not in self._clips:
            self._clips[split] = tuple(
                self._clip(split, index) for index in range(self._sizes[split])
            )
        return self._clips[split]

    def scene(self, clip_id: str) -> Scene:
        """What is in a clip: its sounds with class, recording, onsets, offset and gain."""
        split, _, number = clip_id.rpartition("-")
        if split not in self._sizes or not number.isdigit():
            raise DatasetError(f"There is no starter scene named '{clip_id}'.")
        return self._composers[split].compose(clip_id, self._key(split, int(number)))

    def load_audio(self, clip: Clip, sample_rate: int) -> NDArray[np.float32]:
        """Mix a scene at `sample_rate` Hz: (10 s * sample_rate,)."""
        return render(self.scene(clip.id), self.library, sample_rate)

    def fingerprint(self, split: str) -> str:
        """Hash of everything that the split's scenes and captions depend on."""
        self._check(split)
        parts = (self._tables, GENERATOR_VERSION, self._seed, split, self._sizes[split])
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def _clip(self, split: str, index: int) -> Clip:
        clip_id = f"{split}-{index:04d}"
        scene = self.scene(clip_id)
        captions = write_captions(scene, self._words, (*self._key(split, index), 2))
        return Clip(id=clip_id, captions=captions, duration=SCENE_SECONDS, tags=scene.tags)

    def _key(self, split: str, index: int) -> tuple[int, int, int]:
        return (self._seed, SPLITS.index(split), index)

    def _check(self, split: str) -> None:
        if split not in self._sizes:
            raise DatasetError(
                f"The starter scenes have no split '{split}'; choose one of: {', '.join(SPLITS)}."
            )
