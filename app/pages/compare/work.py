"""The long work of this page: several systems caption the same clips, clip by clip."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import StudioError
from core.events import Event, Progress

if TYPE_CHECKING:
    from core.captions import Caption

Audio = tuple[NDArray[np.float32], int]


class CaptionsWaveforms(Protocol):
    """What is needed of a loaded checkpoint; `core.captioner.Captioner` is one."""

    @property
    def sample_rate(self) -> int:
        """Rate in Hz that its encoder hears."""
        ...

    def caption_waveform(self, samples: NDArray[np.float32], sample_rate: int) -> Caption:
        """Caption mono samples (n,) at `sample_rate` Hz."""
        ...


Loader = Callable[[Path], CaptionsWaveforms]
TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson")


def is_table(path: Path) -> bool:
    """Whether a file holds captions of another system, not a checkpoint."""
    return path.suffix.lower() in TABLE_SUFFIXES


@dataclass(frozen=True, slots=True)
class ComparedClip:
    """One row: where its sound comes from and what people wrote about it (maybe nothing).

    `key` is unique over all sources. `audio` returns mono samples and their rate in Hz, `heard_at`
    the same at a rate that an encoder hears, as evaluations have it; both are called in worker
    threads only.
    """

    key: str
    title: str
    audio: Callable[[], Audio]
    heard_at: Callable[[int], Audio]
    references: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    duration: float = 0.0
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class SystemId:
    """A file as it was when the list was made; written anew, it is another system."""

    path: Path
    modified: float = 0.0

    @property
    def is_table(self) -> bool:
        """Whether its captions come from a table and not from a model."""
        return is_table(self.path)


@dataclass(frozen=True, slots=True)
class Told:
    """What a system says of a clip: for people, and as metrics take it.

    `log_prob` is the mean over its tokens, None where nobody knows it; `caption` holds beams and
    attention where the model was asked here.
    """

    text: str
    hypothesis: str
    log_prob: float | None = None
    caption: Caption | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipCaptioned(Event):
    """`system` gave `caption` to the clip `key`."""

    system: SystemId
    key: str
    caption: Caption


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFailed(Event):
    """The clip `key` could not be captioned by `system`."""

    system: SystemId
    key: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFailed(Event):
    """`system` cannot caption anything here; the others go on."""

    system: SystemId
    message: str


@dataclass(frozen=True, slots=True)
class Task:
    """One clip and the systems that have not captioned it yet."""

    clip: ComparedClip
    systems: tuple[SystemId, ...]


def load_captioner(path: Path) -> CaptionsWaveforms:
    """Load a checkpoint with its encoder. Imports torch: call it in a worker thread only."""
    from core.captioner import Captioner

    return Captioner.load(path)


class KeepingLoader:
    """Loads each checkpoint once, as long as its file stays the same; for worker threads."""

    def __init__(self, load: Loader) -> None:
        self._load = load
        self._loaded: dict[SystemId, CaptionsWaveforms] = {}

    def __call__(self, system: SystemId) -> CaptionsWaveforms:
        """Return the captioner of a system. Raises what the loader raises."""
        if system not in self._loaded:
            self._loaded[system] = self._load(system.path)
        return self._loaded[system]

    def has(self, systems: Collection[SystemId]) -> bool:
        """Whether all of these are loaded already."""
        return all(system in self._loaded for system in systems)

    def keep_only(self, systems: Collection[SystemId]) -> None:
        """Let go of all others."""
        for system in [one for one in self._loaded if one not in systems]:
            del self._loaded[system]


def caption_clips(
    tasks: Sequence[Task], load: Callable[[SystemId], CaptionsWaveforms]
) -> Iterator[Event]:
    """Do the tasks in turn, so that whole rows come first to last.

    Yields `Progress`, `ClipCaptioned` and `ClipFailed`, and `SystemFailed` for a checkpoint that
    cannot be loaded; the other systems go on.
    """
    loaded: dict[SystemId, CaptionsWaveforms] = {}
    wanted = list(dict.fromkeys(system for task in tasks for system in task.systems))
    for number, system in enumerate(wanted):
        yield Progress(phase="Loading checkpoints", done=number, total=len(wanted))
        try:
            loaded[system] = load(system)
        except StudioError as error:
            yield SystemFailed(system=system, message=str(error))
    if not loaded:
        return
    for number, task in enumerate(tasks):
        clip = task.clip
        yield Progress(phase="Captioning", done=number, total=len(tasks), message=clip.title)
        sounds: dict[int, Audio] = {}
        for system in task.systems:
            if system not in loaded:
                continue
            captioner = loaded[system]
            rate = captioner.sample_rate
            try:
                if rate not in sounds:
                    sounds[rate] = clip.heard_at(rate)
                caption = captioner.caption_waveform(*sounds[rate])
            except StudioError as error:
                yield ClipFailed(system=system, key=clip.key, message=str(error))
            else:
                yield ClipCaptioned(system=system, key=clip.key, caption=caption)
    yield Progress(phase="Captioning", done=len(tasks), total=len(tasks))


class Answers:
    """Every caption made so far, by system and clip: changing the selection loses nothing."""

    def __init__(self) -> None:
        self._told: dict[tuple[SystemId, str], Told] = {}
        self._problems: dict[tuple[SystemId, str], str] = {}
        self._failed: dict[SystemId, str] = {}

    def take(self, event: ClipCaptioned | ClipFailed | SystemFailed) -> None:
        """Keep what an event brought."""
        if isinstance(event, SystemFailed):
            self._failed[event.system] = event.message
        elif isinstance(event, ClipFailed):
            self._problems[event.system, event.key] = event.message
        else:
            made = event.caption
            before = self._told.get((event.system, event.key))
            # What was scored already stays; only beams and attention are added to it.
            text, hypothesis = made.text, made.hypothesis
            log_prob: float | None = made.log_prob
            if before is not None:
                text, hypothesis, log_prob = before.text, before.hypothesis, before.log_prob
            self.put(event.system, event.key, Told(text, hypothesis, log_prob, made))

    def put(self, system: SystemId, key: str, told: Told) -> None:
        """Keep a caption."""
        self._told[system, key] = told
        self._problems.pop((system, key), None)
        self._failed.pop(system, None)

    def fail(self, system: SystemId, key: str, message: str) -> None:
        """Say why there is no caption of a clip."""
        if (system, key) not in self._told:
            self._problems[system, key] = message

    def caption(self, system: SystemId, key: str) -> Told | None:
        """Return the caption, or None where there is none yet."""
        return self._told.get((system, key))

    def problem(self, system: SystemId, key: str) -> str:
        """Return why there is no caption, or "" where it was not tried."""
        return self._problems.get((system, key)) or self._failed.get(system, "")

    def tasks(self, systems: Collection[SystemId], clips: Sequence[ComparedClip]) -> list[Task]:
        """Return what is still to be captioned; what failed before is tried again."""
        models = [system for system in systems if not system.is_table]
        tasks = []
        for clip in clips:
            missing = tuple(one for one in models if (one, clip.key) not in self._told)
            if missing:
                tasks.append(Task(clip, missing))
        return tasks
