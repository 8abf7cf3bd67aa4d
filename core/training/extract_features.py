"""Extraction of a whole dataset's features, for the app and the command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from core.data.clips import Dataset, missing_files, present_splits
from core.data.datasets import open_dataset
from core.data.features import open_features
from core.data.store_index import FeatureType
from core.device import choose_device
from core.events import Event, Progress
from core.models.encoders import load_encoder


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitExtracted(Event):
    """A split is done: stored clips and frames, and the number of clips left out."""

    split: str
    clips: int
    frames: int
    failed: int


def extract_dataset(
    name: str,
    root: str = "",
    splits: Sequence[str] = (),
    *,
    encoder: str = "yamnet",
    dtype: FeatureType = "float32",
    device: str = "auto",
) -> Iterator[Event]:
    """Extract the features of a dataset's splits, by default all on disk that have clips.

    Yields `Progress` with the split in its phase, `Warned` for each clip that is left out, and
    `SplitExtracted` after each split. Closed at any time, it resumes from there. Raises what
    `open_dataset`, `load_encoder` and `core.data.extraction.extract` raise.
    """
    yield Progress(phase="Loading the encoder", done=0)
    dataset = open_dataset(name, root or None)
    loaded = load_encoder(encoder, choose_device(device))
    for split in dict.fromkeys(splits) or _filled_splits(dataset):
        going = open_features(dataset, split, loaded, dtype)
        while True:
            try:
                event = next(going)
            except StopIteration as end:
                features = end.value
                break
            if isinstance(event, Progress):
                event = replace(event, phase=f"{event.phase}, {split}")
            yield event
        yield SplitExtracted(
            split=split,
            clips=len(features),
            frames=int(features.lengths.sum()),
            failed=len(features.failed),
        )


def _filled_splits(dataset: Dataset) -> Sequence[str]:
    """Return the splits that name a sound; all of them where none does, for their error."""
    present = present_splits(dataset)
    filled = [name for name in present if dataset.clips(name) or missing_files(dataset, name)]
    return filled or present
