"""Captioning a long recording window by window, in memory that does not grow with it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.audio.files import iterate_blocks, probe
from core.captions import Caption
from core.config import DecodingConfig
from core.events import Event, Progress
from core.memory import give_back_memory
from core.timeline.windows import TimelineSettings, Window, plan_windows

# Windows in one pass of the model; more gain nothing on a CPU and delay the first caption.
WINDOWS_AT_ONCE = 8
# After so many windows what was freed goes back to the system: hours would pile up holes.
_GIVE_BACK_EVERY = 64
_BLOCK_SECONDS = 10.0
_PHASE = "Captioning"


class CaptionsWaveforms(Protocol):
    """The part of `core.captioner.Captioner` that a timeline needs."""

    @property
    def sample_rate(self) -> int:
        """Rate in Hz at which it hears best."""
        ...

    def caption_waveforms(
        self,
        waveforms: Sequence[NDArray[np.float32]],
        sample_rate: int,
        decoding: DecodingConfig | None = None,
    ) -> list[Caption]:
        """Caption several sounds, (n,) each, at once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowCaptioned(Event):
    """A window has its caption, or None where it is too quiet to have one."""

    window: Window
    caption: Caption | None


def caption_timeline(
    captioner: CaptionsWaveforms,
    path: Path | str,
    settings: TimelineSettings | None = None,
    decoding: DecodingConfig | None = None,
) -> Iterator[Event]:
    """Caption the windows of a file.

    Yields
    ------
    Event
        `WindowCaptioned` for each window in order of time, and `Progress` after each few of them;
        `core.timeline.join_windows` makes segments of the former.

    Raises
    ------
    AudioFileError
        The file cannot be read, where the fault is met.
    """
    settings = settings or TimelineSettings()
    path = Path(path)
    windows = plan_windows(probe(path).duration, settings)
    rate = captioner.sample_rate
    blocks = iterate_blocks(path, _BLOCK_SECONDS, rate)
    yield Progress(phase=_PHASE, done=0, total=len(windows), message=path.name)
    done = 0
    for few in _in_groups(_cut(blocks, windows, rate)):
        loud = [samples for _, samples in few if level_db(samples) >= settings.quiet_db]
        captions = iter(captioner.caption_waveforms(loud, rate, decoding))
        for window, samples in few:
            audible = level_db(samples) >= settings.quiet_db
            caption = next(captions) if audible else None
            if caption is not None and caption.wording == "silence":
                caption = None
            yield WindowCaptioned(window=window, caption=caption)
        done += len(few)
        if done % _GIVE_BACK_EVERY == 0:
            give_back_memory()
        yield Progress(phase=_PHASE, done=done, total=len(windows), message=path.name)
    give_back_memory()
    if done < len(windows):
        # The file states a greater length than it has sound for.
        yield Progress(phase=_PHASE, done=len(windows), total=len(windows), message=path.name)


def level_db(samples: NDArray[np.float32]) -> float:
    """Return the root mean square of samples (n,) in dB of full scale; -inf for silence."""
    power = float(np.mean(np.square(samples, dtype=np.float64))) if len(samples) else 0.0
    return 10.0 * math.log10(power) if power > 0 else -math.inf


def _cut(
    blocks: Iterable[NDArray[np.float32]], windows: Sequence[Window], rate: int
) -> Iterator[tuple[Window, NDArray[np.float32]]]:
    """Yield each window with its samples, keeping no more of the stream than one window."""
    held = np.zeros(0, np.float32)
    origin = 0  # number of the first sample held
    stream = iter(blocks)
    for window in windows:
        first, last = round(window.start * rate), round(window.end * rate)
        # Windows leave no gap, so the first sample of each is held already, or comes next.
        held, origin = held[first - origin :], first
        while origin + len(held) < last and (block := next(stream, None)) is not None:
            held = np.concatenate((held, block))
        samples = held[: last - origin]
        if len(samples):
            yield window, samples


def _in_groups(
    windows: Iterable[tuple[Window, NDArray[np.float32]]],
) -> Iterator[list[tuple[Window, NDArray[np.float32]]]]:
    group: list[tuple[Window, NDArray[np.float32]]] = []
    for item in windows:
        group.append(item)
        if len(group) == WINDOWS_AT_ONCE:
            yield group
            group = []
    if group:
        yield group
