"""What all datasets of sound files have in common."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.audio.files import read_audio
from core.data.clips import Clip
from core.data.durations import FileFacts, file_facts
from core.errors import DatasetError

ROOT_VARIABLE = "AAC_DATASETS_ROOT"


@dataclass(frozen=True, slots=True)
class Entry:
    """One clip as the dataset's tables have it: its file below the split's folder, its captions.

    `id` is that of the clip; `seconds` is given where the tables tell the length.
    """

    file: str
    captions: tuple[str, ...]
    id: str = ""
    tags: tuple[str, ...] = ()
    extras: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class _Split:
    clips: tuple[Clip, ...]
    facts: tuple[FileFacts, ...]
    missing: tuple[str, ...]


class FileDataset:
    """A dataset whose clips are sound files that tables speak of; files without a row are ignored.

    A subclass says where a split's files are (`audio_folder`) and what its tables say (`entries`).
    Clips whose file is not there are left out and counted as missing; an unreadable file keeps its
    clip, with duration 0, and extraction lists it as failed.
    """

    name = ""
    splits: tuple[str, ...] = ()

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, _Split] = {}

    def audio_folder(self, split: str) -> Path:
        """Return the folder that the files of a split are named from."""
        raise NotImplementedError

    def entries(self, split: str) -> Sequence[Entry]:
        """Return what the tables say of a split; `DatasetError` where they cannot be read."""
        raise NotImplementedError

    def clips(self, split: str) -> tuple[Clip, ...]:
        """All clips of a split whose file is there, in the order of the tables."""
        return self._split(split).clips

    def missing(self, split: str) -> tuple[str, ...]:
        """Names of the files of a split that are not there."""
        return self._split(split).missing

    def load_audio(self, clip: Clip, sample_rate: int) -> NDArray[np.float32]:
        """Mono samples (n,) of a clip."""
        assert clip.source is not None
        return read_audio(clip.source, sample_rate).samples

    def fingerprint(self, split: str) -> str:
        """Hash of the captions and of the names, sizes and times of the sound files."""
        captions = (line for clip in self.clips(split) for line in (clip.id, *clip.captions, ""))
        return _hash([self.audio_fingerprint(split), *captions])

    def audio_fingerprint(self, split: str) -> str:
        """Hash of the names, sizes and times of the sound files."""
        found = self._split(split)
        return _hash(
            f"{clip.id}:{facts.size}:{facts.modified}"
            for clip, facts in zip(found.clips, found.facts, strict=True)
        )

    def clip_keys(self, split: str) -> dict[str, str]:
        """Size and time of each clip's sound file, by the clip's id."""
        found = self._split(split)
        return {
            clip.id: f"{facts.size}:{facts.modified}"
            for clip, facts in zip(found.clips, found.facts, strict=True)
        }

    def _split(self, split: str) -> _Split:
        if split not in self.splits:
            raise DatasetError(
                f"The dataset '{self.name}' has no split '{split}'; "
                f"choose one of {', '.join(self.splits)}."
            )
        if split not in self._read:
            self._read[split] = self._read_split(split)
        return self._read[split]

    def _read_split(self, split: str) -> _Split:
        entries, folder = self.entries(split), self.audio_folder(split)
        told = [entry.seconds for entry in entries]
        if all(seconds is not None for seconds in told):
            found = [_told_facts(folder / entry.file, entry.seconds or 0.0) for entry in entries]
        else:
            found = file_facts(folder, [entry.file for entry in entries])
        clips, kept, missing = [], [], []
        for entry, facts in zip(entries, found, strict=True):
            if facts is None:
                missing.append(entry.file)
                continue
            kept.append(facts)
            clips.append(
                Clip(
                    id=entry.id or entry.file,
                    captions=entry.captions,
                    duration=facts.seconds,
                    source=folder / entry.file,
                    tags=entry.tags,
                    extras=entry.extras,
                )
            )
        if entries and not clips:
            raise DatasetError(
                f"None of the {len(entries)} sound files of the split '{split}' is in {folder}; "
                f"the first is '{entries[0].file}'."
            )
        return _Split(tuple(clips), tuple(kept), tuple(missing))


def find_folder(
    root: Path | None, folder: str, inside: Callable[[Path], bool] | str, title: str
) -> Path:
    """Find a dataset that is laid out as `folder` below a root, or is the root itself.

    Parameters
    ----------
    root
        Where to look; None is the folder that the variable of aac-datasets names.
    folder
        Name of the dataset's folder.
    inside
        Name of something that must be in it, or what tells such a folder.
    title
        The dataset's name for the sentence of the `DatasetError`.
    """
    looked = root or Path(os.environ.get(ROOT_VARIABLE, ""))
    for candidate in (looked / folder, looked):
        found = (candidate / inside).exists() if isinstance(inside, str) else inside(candidate)
        if found:
            return candidate
    if root is None and not os.environ.get(ROOT_VARIABLE):
        raise DatasetError(
            f"{title} has not been found; download it or point at your copy (in the Library, or "
            f"with 'aac-studio data'), or set the variable {ROOT_VARIABLE} to the folder that "
            f"holds {folder}."
        )
    raise DatasetError(
        f"{title} is not in {looked.absolute()}; set the dataset folder to the one that holds "
        f"{folder}, or the variable {ROOT_VARIABLE}."
    )


def _told_facts(path: Path, seconds: float) -> FileFacts | None:
    try:
        about = path.stat()
    except (OSError, ValueError):
        return None
    return FileFacts(about.st_size, about.st_mtime_ns, seconds)


def _hash(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode("utf-8", "surrogateescape") + b"\0")
    return digest.hexdigest()
