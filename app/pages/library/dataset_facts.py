"""What is known of a dataset, gathered in worker threads: figures, clips, events, recordings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from app.pages.library.event_bars import EventBar
from app.texts import count_text, length_text
from core.data.clips import Clip, Dataset, present_splits
from core.data.datasets import open_dataset

if TYPE_CHECKING:
    from core.data.starter.recordings import SoundLibrary
    from core.data.starter.scenes import Scene

PLAY_RATE = 44_100


@runtime_checkable
class ComposedDataset(Protocol):
    """A dataset whose clips are mixed from recordings, as the starter scenes are."""

    library: SoundLibrary

    def scene(self, clip_id: str) -> Scene:
        """What is in a clip."""
        ...


@dataclass(frozen=True)
class ClipRecord:
    """A clip with its dataset and split; `text` is what is searched."""

    clip: Clip
    split: str
    dataset: Dataset
    text: str = ""

    def sound(self) -> tuple[NDArray[np.float32], int]:
        """Return the samples (n,) and their rate; for worker threads."""
        return self.dataset.load_audio(self.clip, PLAY_RATE), PLAY_RATE


@dataclass(frozen=True)
class SplitFacts:
    """Figures of one split."""

    name: str
    clips: int
    seconds: float
    captions: int


@dataclass(frozen=True)
class Recording:
    """One recording that scenes are made of, and whom to thank for it."""

    name: str
    sound_class: str
    kind: str
    author: str
    licence: str
    source: str
    path: Path
    seconds: float

    def sound(self) -> tuple[NDArray[np.float32], int]:
        """Return the samples (n,) and their rate; for worker threads."""
        from core.audio.files import read_audio

        waveform = read_audio(self.path)
        return waveform.samples, waveform.sample_rate


@dataclass(frozen=True)
class DatasetFacts:
    """Everything the Datasets tab shows of one dataset."""

    name: str
    splits: tuple[SplitFacts, ...]
    clips: tuple[ClipRecord, ...]
    recordings: tuple[Recording, ...]
    classes: tuple[str, ...]

    def sentence(self) -> str:
        """Say how large it is."""
        parts = [f"{split.name} {split.clips:,}" for split in self.splits]
        seconds = sum(split.seconds for split in self.splits)
        captions = sum(split.captions for split in self.splits)
        facts = [
            f"{count_text(len(self.clips), 'clip')} ({', '.join(parts)})",
            length_text(seconds),
            count_text(captions, "caption"),
        ]
        if self.classes:
            facts.append(count_text(len(self.classes), "sound class", "sound classes"))
        return " · ".join(facts)


def gather_facts(name: str) -> DatasetFacts:
    """Open a dataset and count. Raises `DatasetError` where its files are missing."""
    dataset = open_dataset(name)
    splits, records = [], []
    for split in present_splits(dataset):
        clips = dataset.clips(split)
        records += [ClipRecord(clip, split, dataset, _searched(clip, split)) for clip in clips]
        captions = sum(len(clip.captions) for clip in clips)
        seconds = sum(clip.duration for clip in clips)
        splits.append(SplitFacts(split, len(clips), seconds, captions))
    classes = sorted({tag for record in records for tag in record.clip.tags})
    return DatasetFacts(
        name, tuple(splits), tuple(records), tuple(_recordings(dataset)), tuple(classes)
    )


def _searched(clip: Clip, split: str) -> str:
    return " ".join((clip.id, split, *clip.tags, *clip.captions, *clip.extras.values()))


def clip_events(record: ClipRecord) -> list[EventBar]:
    """Return what sounds when in a composed clip; nothing for recorded ones."""
    dataset = record.dataset
    if not isinstance(dataset, ComposedDataset):
        return []
    scene = dataset.scene(record.clip.id)
    sounds = [*scene.sounds, *([scene.background] if scene.background else [])]
    return [
        EventBar(
            sound.sound,
            onset,
            min(onset + sound.play_seconds, record.clip.duration),
            f"{sound.level} ({sound.gain_db:+.0f} dB)".replace("-", "−"),
        )
        for sound in sounds
        for onset in sound.onsets
    ]


def _recordings(dataset: Dataset) -> list[Recording]:
    if not isinstance(dataset, ComposedDataset):
        return []
    library = dataset.library
    return [
        Recording(
            name=PurePosixPath(item.file).stem,
            sound_class=item.sound,
            kind=item.kind,
            author=item.author,
            licence=item.licence,
            source=item.source,
            path=library.root / item.file,
            seconds=item.seconds,
        )
        for item in library.recordings
    ]
