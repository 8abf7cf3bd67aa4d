"""Recording: from a microphone into a take, the screen, and the windows that are captioned."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.audio.microphone import CapturedAudio
from core.audio.takes import TakeWriter
from core.events import Event
from core.live.monitor import LiveMonitor
from core.live.windows import LiveWindows

# A stop is felt within this, in seconds.
PATIENCE = 0.1


class SoundSource(Protocol):
    """An open microphone: `core.audio.microphone.Microphone`."""

    name: str
    sample_rate: int

    def read(self, timeout: float) -> CapturedAudio | None:
        """Return what has come, waiting up to `timeout` seconds for some."""
        ...

    def stop(self) -> CapturedAudio | None:
        """Stop, and return what was left."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded(Event):
    """The take is so many seconds long now."""

    seconds: float
    dropped: int


class Recording:
    """One take: where it lies, how long it is, and what was lost on the way.

    A take that is not to be `kept` is heard only; nothing is written.
    """

    def __init__(self, take: Path, kept: bool = True) -> None:
        self.take, self.kept = take, kept
        self.seconds = 0.0
        self.dropped = 0
        self.sample_rate = 0
        self.saved: Path | None = None


def record(
    open_source: Callable[[], SoundSource],
    recording: Recording,
    monitor: LiveMonitor,
    windows: LiveWindows,
) -> Generator[Event, None, None]:
    """Record until the generator is closed; what the microphone still held then is kept, too.

    Yields
    ------
    Event
        `Recorded` after each look at the microphone.

    Raises
    ------
    AudioDeviceError
        The microphone cannot be opened or stopped sending sound; the take so far is kept.
    AudioFileError
        The take cannot be written.
    """
    source = None
    try:
        source = open_source()
        recording.sample_rate = source.sample_rate
        windows.start(source.sample_rate)
        monitor.start(source.sample_rate)
        writer = TakeWriter(recording.take, source.sample_rate) if recording.kept else None
        try:
            while True:
                block = source.read(PATIENCE)
                if block is not None:
                    _take(block, writer, recording, monitor, windows)
                yield Recorded(seconds=recording.seconds, dropped=recording.dropped)
        finally:
            try:
                rest = source.stop()
                if rest is not None:
                    _take(rest, writer, recording, monitor, windows)
            finally:
                recording.saved = writer.close() if writer is not None else None
    finally:
        if source is not None:
            source.stop()
        windows.finish()
        monitor.quiet()


def _take(
    block: CapturedAudio,
    writer: TakeWriter | None,
    recording: Recording,
    monitor: LiveMonitor,
    windows: LiveWindows,
) -> None:
    # To the disk before anything else: that is what must not be lost.
    if writer is not None:
        writer.write(block.samples)
    recording.seconds += len(block.samples) / recording.sample_rate
    recording.dropped += block.dropped
    windows.append(block.samples, block.captured)
    monitor.feed(block.samples, block.dropped)
