"""The long work of this page: several checkpoints caption the same clips, clip by clip."""

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
    """A checkpoint file as it was when the list was made; written anew, it is another system."""

    path: Path
    modified: float = 0.0


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


@dataclass(frozen=True, slots=True)
class Task:
    """One clip and the systems that have not captioned it yet."""

    clip: ComparedClip
    systems: tuple[SystemId, ...]


def load_captioner(path: Path) -> CaptionsWaveforms:
    """Load a checkpoint with its encoder. Imports torch: call it in a worker thread only."""
    from core.captioner import Captioner

    return Captioner.load(path)


def caption_clips(tasks: Sequence[Task], load: Loader = load_captioner) -> Iterator[Event]:
    """Do the tasks in turn, so that whole rows come first to last.

    Yields `Progress`, `ClipCaptioned` and `ClipFailed`. A checkpoint that cannot be loaded ends the
    work before it begins: what `load` raises is passed on.
    """
    loaded: dict[SystemId, CaptionsWaveforms] = {}
    wanted = list(dict.fromkeys(system for task in tasks for system in task.systems))
    for number, system in enumerate(wanted):
        yield Progress(phase="Loading checkpoints", done=number, total=len(wanted))
        loaded[system] = load(system.path)
    for number, task in enumerate(tasks):
        clip = task.clip
        yield Progress(phase="Captioning", done=number, total=len(tasks), message=clip.title)
        sounds: dict[int, Audio] = {}
        for system in task.systems:
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
        self._captions: dict[tuple[SystemId, str], Caption] = {}
        self._problems: dict[tuple[SystemId, str], str] = {}

    def take(self, event: ClipCaptioned | ClipFailed) -> None:
        """Keep what an event brought."""
        if isinstance(event, ClipCaptioned):
            self._captions[event.system, event.key] = event.caption
            self._problems.pop((event.system, event.key), None)
        else:
            self._problems[event.system, event.key] = event.message

    def caption(self, system: SystemId, key: str) -> Caption | None:
        """Return the caption, or None where there is none yet."""
        return self._captions.get((system, key))

    def problem(self, system: SystemId, key: str) -> str:
        """Return why there is no caption, or "" where it was not tried."""
        return self._problems.get((system, key), "")

    def tasks(self, systems: Collection[SystemId], clips: Sequence[ComparedClip]) -> list[Task]:
        """Return what is still to be captioned; what failed before is tried again."""
        tasks = []
        for clip in clips:
            missing = tuple(one for one in systems if self.caption(one, clip.key) is None)
            if missing:
                tasks.append(Task(clip, missing))
        return tasks
