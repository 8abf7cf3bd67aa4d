"""The dataset of a run, and what it does not allow together with the run's settings. No torch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from core.config import Problem, RunConfig
from core.data.clips import Dataset
from core.data.datasets import open_dataset
from core.data.first_clips import FirstClips
from core.data.simulated import ENCODER, SimulatedStarter

# Terms that compare two captions of the same clip.
_NEED_TWO_CAPTIONS = {"caption-ntxent", "caption-proxy"}


def check_dataset(config: RunConfig, dataset: Dataset) -> list[Problem]:
    """Return in which ways a dataset does not suit a run."""
    if len(dataset.splits) < 2:
        return [
            Problem(
                field="data.dataset",
                sentence=f"The dataset '{dataset.name}' has no validation split; training needs "
                f"one. Join it to a dataset that has one, as in clotho+{dataset.name}.",
            )
        ]
    return [*_check_rehearsal(config, dataset), *_check_contrast(config, dataset)]


def open_run_dataset(config: RunConfig) -> Dataset:
    """Open the dataset of a run, cut to the clips that its configuration asks for.

    Raises `DatasetError` when it is unknown, missing or damaged.
    """
    data = config.data
    dataset = open_dataset(data.dataset, Path(data.root).expanduser() if data.root else None)
    if isinstance(dataset, SimulatedStarter):
        return dataset.limited(data.train_clips)
    wanted = zip(dataset.splits, (data.train_clips, data.validation_clips), strict=False)
    limits = {split: limit for split, limit in wanted if limit}
    return FirstClips(dataset, limits) if limits else dataset


def _check_rehearsal(config: RunConfig, dataset: Dataset) -> Iterator[Problem]:
    if not config.data.rehearsal:
        return
    if isinstance(dataset, SimulatedStarter):
        sentence = f"The dataset '{dataset.name}' is what rehearsal shows; set rehearsal to 0."
    elif config.data.encoder != ENCODER:
        sentence = (
            f"Rehearsal shows tags of the encoder {ENCODER}; choose it in place of "
            f"{config.data.encoder}, or set rehearsal to 0."
        )
    elif not config.training.initial_checkpoint:
        sentence = (
            "Rehearsal keeps what the starter model knows, but the run starts from no checkpoint; "
            "start from 'starter', or set rehearsal to 0."
        )
    else:
        return
    yield Problem(field="data.rehearsal", sentence=sentence)


def _check_contrast(config: RunConfig, dataset: Dataset) -> Iterator[Problem]:
    terms: list[str] = [item.name for item in config.objectives]
    if not terms:
        return
    clips = dataset.clips(dataset.splits[0])
    needed = sorted(_NEED_TWO_CAPTIONS & set(terms))
    if needed and not any(len(set(clip.captions)) > 1 for clip in clips):
        yield Problem(
            field=f"objectives.{terms.index(needed[0])}.name",
            sentence=f"Every clip of the dataset '{dataset.name}' has only one caption, but "
            f"{' and '.join(needed)} compares two of the same clip; choose audio-text-ntxent or "
            "audio-text-matching, or plain cross-entropy.",
        )
    if len(clips) < 2:
        yield Problem(
            field="data.train_clips",
            sentence=f"The dataset '{dataset.name}' has only {len(clips)} training clip, but "
            f"{' and '.join(terms)} needs at least 2 to compare.",
        )
