"""Many files through one model: read ahead in other threads, captioned several at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.audio.files import probe, read_audio
from core.captions import Caption
from core.config import DecodingConfig
from core.errors import AudioFileError, StudioError
from core.events import Event
from core.memory import give_back_memory

Samples = NDArray[np.float32]

# Files in one pass of encoder and search.
AT_ONCE = 16
# Files that are read before their turn, in so many threads.
_AHEAD = 3 * AT_ONCE
_READERS = 2
# After so many files memory that was freed goes back to the system.
_GIVE_BACK = 64
# Longer files are not held in memory ahead of their turn, and are captioned alone.
LONG_SECONDS = 60.0
# A sentence says nothing of a sound of hours, and no machine holds one whole.
LONGEST_SECONDS = 3600.0


class CaptionsSounds(Protocol):
    """The part of `core.captioner.Captioner` that a batch needs."""

    @property
    def sample_rate(self) -> int:
        """Rate in Hz at which it hears best."""
        ...

    def caption_waveforms(
        self,
        waveforms: Sequence[Samples],
        sample_rate: int,
        decoding: DecodingConfig | None = None,
    ) -> list[Caption]:
        """Caption several sounds, (n,) each, at once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemStarted(Event):
    """The model turned to this file."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEnded(Event):
    """A file has its caption, or a sentence says why not; both None and "" if it was called off.

    `seconds` is what it took to read it, and its share of the time of the model.
    """

    path: Path
    caption: Caption | None = None
    message: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Sound:
    path: Path
    samples: Samples
    seconds_read: float
    long: bool


def caption_batch(
    captioner: CaptionsSounds,
    files: Iterable[Path],
    decoding: DecodingConfig | None = None,
    called_off: Callable[[Path], bool] = lambda _path: False,
) -> Iterator[Event]:
    """Caption files; one that cannot be read does not stop the others.

    Files come out about in the order they went in: those that were read already and are about as
    long as the first in the line go with it.

    Parameters
    ----------
    captioner
        What captions them.
    files
        Any number; only a few dozen are held at a time.
    decoding
        How to search; None for the captioner's own way.
    called_off
        Asked before a file is read and again before it is captioned.

    Yields
    ------
    Event
        `ItemStarted` and `ItemEnded` for each file; the latter alone for one that was called off.
    """
    rate = captioner.sample_rate
    waiting = iter(files)
    line: list[tuple[Path, Future[_Sound | str | None]]] = []

    def read(path: Path) -> _Sound | str | None:
        return None if called_off(path) else _read(path, rate)

    pool = ThreadPoolExecutor(_READERS, thread_name_prefix="decode")
    since = 0
    try:
        while True:
            while len(line) < _AHEAD and (path := next(waiting, None)) is not None:
                line.append((path, pool.submit(read, path)))
            if not line:
                return
            path, first = line.pop(0)
            sound = first.result()
            if isinstance(sound, _Sound) and not called_off(path):
                together = [sound, *_like(sound, line)]
                for item in together:
                    yield ItemStarted(path=item.path)
                yield from _captioned(captioner, together, rate, decoding)
                since += len(together)
                if since >= _GIVE_BACK:
                    since = 0
                    give_back_memory()
            elif isinstance(sound, str):
                yield ItemEnded(path=path, message=sound)
            else:
                yield ItemEnded(path=path)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _read(path: Path, rate: int) -> _Sound | str:
    """Read a file, but only the beginning of a long one; or return why that fails."""
    started = time.monotonic()
    try:
        sound = read_audio(path, rate, duration=LONG_SECONDS + 0.1)
        long = sound.duration > LONG_SECONDS
        if long:
            _check_length(path)
    except AudioFileError as error:
        return str(error)
    except Exception as error:
        return f"'{path.name}' cannot be read ({error}); choose another file."
    samples = sound.samples[:0] if long else sound.samples
    return _Sound(path, samples, time.monotonic() - started, long)


def _check_length(path: Path) -> None:
    duration = probe(path).duration
    if duration > LONGEST_SECONDS:
        raise AudioFileError(
            f"'{path.name}' is {duration / 60:.0f} minutes long, too long for one caption; caption "
            "it as a timeline instead."
        )


def _like(first: _Sound, line: list[tuple[Path, Future[_Sound | str | None]]]) -> list[_Sound]:
    """Take those out of the line that are read already and nearest to `first` in length.

    With `first` they are 1, 2, 4, 8 or 16: libraries keep what they prepare for each size.
    """
    if first.long:
        return []
    read = []
    for place, (_, future) in enumerate(line):
        if future.done() and isinstance(sound := future.result(), _Sound) and not sound.long:
            read.append((abs(len(sound.samples) - len(first.samples)), place, sound))
    read.sort(key=lambda item: item[:2])
    together = min(AT_ONCE, 1 << (len(read) + 1).bit_length() - 1)
    chosen = read[: together - 1]
    for _, place, _ in sorted(chosen, key=lambda item: -item[1]):
        del line[place]
    return [sound for _, _, sound in sorted(chosen, key=lambda item: item[1])]


def _captioned(
    captioner: CaptionsSounds, sounds: Sequence[_Sound], rate: int, decoding: DecodingConfig | None
) -> Iterator[Event]:
    """Caption sounds together, or one by one where that fails, so that one cannot spoil others."""
    started = time.monotonic()
    try:
        waveforms = [
            read_audio(sound.path, rate).samples if sound.long else sound.samples
            for sound in sounds
        ]
        captions = captioner.caption_waveforms(waveforms, rate, decoding)
    except Exception as error:
        if len(sounds) > 1:
            for sound in sounds:
                yield from _captioned(captioner, [sound], rate, decoding)
            return
        told = str(error) if isinstance(error, StudioError) else _unexpected(sounds[0].path, error)
        yield ItemEnded(path=sounds[0].path, message=told, seconds=time.monotonic() - started)
        return
    share = (time.monotonic() - started) / len(sounds)
    for sound, caption in zip(sounds, captions, strict=True):
        yield ItemEnded(path=sound.path, caption=caption, seconds=sound.seconds_read + share)


def _unexpected(path: Path, error: Exception) -> str:
    return (
        f"'{path.name}' cannot be captioned ({type(error).__name__}: {error}); try another "
        "checkpoint or a shorter sound."
    )
