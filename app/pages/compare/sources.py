"""Where the clips come from: a split of a dataset, or sound files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.pages.compare.work import Audio, ComparedClip
from core.data.datasets import open_dataset

if TYPE_CHECKING:
    from core.data.clips import Clip, Dataset

# For people's ears; encoders get their own rate.
PLAY_RATE = 32_000
TESTS = ("test", "evaluation")


@dataclass(frozen=True)
class SplitInfo:
    """A split and its number of clips."""

    name: str
    clips: int


def dataset_splits(name: str, root: Path | None = None) -> list[SplitInfo]:
    """Return the splits of a dataset, those for testing first; for worker threads."""
    dataset = open_dataset(name, root)
    splits = [SplitInfo(split, len(dataset.clips(split))) for split in dataset.splits]
    # Captions of clips that were trained on say little: that split stands last.
    training = dataset.splits[0]
    return sorted(splits, key=lambda one: (one.name == training, one.name not in TESTS))


def split_clips(name: str, split: str, limit: int, root: Path | None = None) -> list[ComparedClip]:
    """Return the first `limit` clips of a split (0: all); for worker threads."""
    dataset = open_dataset(name, root)
    clips = dataset.clips(split)
    chosen = clips[:limit] if limit else clips
    return [
        ComparedClip(
            key=f"{name}/{split}/{clip.id}",
            title=clip.id,
            audio=_ClipAudio(dataset, clip),
            heard_at=_ClipAudio(dataset, clip).at,
            references=clip.captions,
            tags=clip.tags,
            duration=clip.duration,
            path=clip.source,
        )
        for clip in chosen
    ]


def file_clips(paths: Sequence[Path]) -> list[ComparedClip]:
    """Return one clip a sound file, without reading any."""
    return [
        ComparedClip(
            key=str(path),
            title=path.name,
            audio=_FileAudio(path),
            heard_at=_FileAudio(path).at,
            path=path,
        )
        for path in dict.fromkeys(paths)
    ]


@dataclass(frozen=True)
class _ClipAudio:
    dataset: Dataset
    clip: Clip

    def __call__(self) -> Audio:
        return self.at(PLAY_RATE)

    def at(self, sample_rate: int) -> Audio:
        """Return the clip made at a rate, as the extraction of features has it."""
        return self.dataset.load_audio(self.clip, sample_rate), sample_rate


@dataclass(frozen=True)
class _FileAudio:
    path: Path

    def __call__(self) -> Audio:
        return self.at(None)

    def at(self, sample_rate: int | None) -> Audio:
        """Return the file at a rate; None is its own."""
        from core.audio.files import read_audio

        sound = read_audio(self.path, sample_rate)
        return sound.samples, sound.sample_rate
