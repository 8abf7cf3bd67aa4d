"""Playing sound through the loudspeakers, where there are any.

sounddevice is imported on the first use: without the PortAudio library its very import fails, and
everything else must work then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.audio import portaudio
from core.audio.play_sources import FileSource, MemorySource, PlaySource
from core.audio.resample import resample
from core.errors import AudioDeviceError


@dataclass(frozen=True, slots=True)
class OutputDevice:
    """A place where sound can go: its number in PortAudio, its name, whether it is the default."""

    index: int
    name: str
    default: bool


class Player:
    """Plays one mono sound at a time.

    All methods are for one thread; the sound itself runs in a thread of the audio system. `device`
    is the number of the output that the next sound goes to, None the system's default.
    """

    def __init__(self) -> None:
        self.device: int | None = None
        self._stream: Any = None
        self._source: PlaySource | None = None
        self._rate = 1
        self._given = 0
        self._start = self._end = self._loop_from = 0.0
        self._loop = False
        self._volume = 1.0
        self._running = threading.Event()

    @property
    def playing(self) -> bool:
        """Whether a sound is playing; becomes False by itself at its end."""
        return self._running.is_set()

    @property
    def position(self) -> float:
        """Where in the sound what is heard now stands, in seconds; the end after the end."""
        ahead = 0
        if self.playing and self._stream is not None:
            ahead = round(self._stream.latency * self._rate)
        place = self._start + max(0, self._given - ahead) / self._rate
        length = self._end - self._loop_from
        if self._loop and place > self._end and length > 0:
            # The very end of a turn is the end and not the start of the next.
            return self._end - (self._end - place) % length
        return place

    @property
    def volume(self) -> float:
        """Volume from 0 (silent) to 1 (as recorded); may be set while playing."""
        return self._volume

    @volume.setter
    def volume(self, value: float) -> None:
        self._volume = min(1.0, max(0.0, float(value)))

    def play(
        self,
        samples: NDArray[np.float32],
        sample_rate: int,
        start: float = 0.0,
        loop: bool = False,
        loop_from: float = 0.0,
    ) -> None:
        """Stop what is playing and play mono samples (n,) from `start` seconds on.

        With `loop`, go on from `loop_from` seconds at the end, again and again.

        Raises
        ------
        AudioDeviceError
            There is no loudspeaker, or the system does not let it be used.
        """
        end = len(samples) / sample_rate

        def source(rate: int) -> PlaySource:
            sound = resample(np.ascontiguousarray(samples, np.float32), sample_rate, rate)
            return MemorySource(sound, round(start * rate), loop, round(loop_from * rate))

        self._begin(source, sample_rate, min(max(start, 0.0), end), end, loop, loop_from)

    def play_file(
        self,
        path: Path,
        sample_rate: int,
        start: float,
        end: float,
        loop: bool = False,
        loop_from: float = 0.0,
    ) -> None:
        """Stop what is playing and play a file from `start` to `end` seconds as it is read.

        `sample_rate` is that of the file; `loop` and errors as in `play`.
        """

        def source(rate: int) -> PlaySource:
            return FileSource(path, rate, start, end, loop, loop_from)

        self._begin(source, sample_rate, start, end, loop, loop_from)

    def stop(self) -> None:
        """Stop at once; does nothing when nothing is playing."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close(ignore_errors=True)
        source, self._source = self._source, None
        if source is not None:
            source.close()
        self._running.clear()

    def _begin(
        self,
        make_source: Callable[[int], PlaySource],
        sample_rate: int,
        start: float,
        end: float,
        loop: bool,
        loop_from: float,
    ) -> None:
        self.stop()
        sounddevice = load_sounddevice()
        try:
            if self.device is None:
                device = sounddevice.query_devices(kind="output")
            else:
                device = sounddevice.query_devices(self.device)
            channels = min(2, int(device["max_output_channels"]))
            rate = _usable_rate(sounddevice, sample_rate, channels, self.device, device)
            self._source = make_source(rate)
            self._rate, self._given = rate, 0
            self._start, self._end, self._loop_from = start, end, loop_from
            self._loop = loop
            self._stream = sounddevice.OutputStream(
                samplerate=rate,
                channels=channels,
                device=self.device,
                dtype="float32",
                latency="high",
                callback=self._fill,
                finished_callback=self._running.clear,
            )
            self._running.set()
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError, OSError) as error:
            self.stop()
            raise AudioDeviceError(
                f"Sound cannot be played ({_reason(error)}); connect a loudspeaker or choose one "
                "in the system's sound settings."
            ) from error

    def _fill(self, output: NDArray[np.float32], frames: int, _time: Any, _status: Any) -> None:
        """Give the next samples to the audio system; runs in its thread."""
        source, filled = self._source, 0
        while source is not None and filled < frames:
            part = source.read(frames - filled)
            if not len(part):
                break
            output[filled : filled + len(part)] = part[:, None] * np.float32(self._volume)
            filled += len(part)
        self._given += filled
        output[filled:] = 0
        # A file that is read too slowly only makes a gap.
        if filled < frames and (source is None or source.ended):
            raise load_sounddevice().CallbackStop


def list_outputs(refresh: bool = False) -> tuple[OutputDevice, ...]:
    """Return the outputs, the default first; each name once, by way of the default audio system.

    PortAudio looks for devices only when it starts; `refresh` starts it anew, which ends every
    stream that is open; while a microphone records, the list stays what it was. Raises
    `AudioDeviceError` without PortAudio.
    """
    sounddevice = load_sounddevice()
    try:
        if refresh:
            portaudio.restart(sounddevice)
        devices = sounddevice.query_devices()
        default = sounddevice.default.device[1]
    except (sounddevice.PortAudioError, OSError, UnicodeDecodeError) as error:
        raise AudioDeviceError(
            f"The sound outputs cannot be listed ({_reason(error)}); check the system's sound "
            "settings."
        ) from error
    system = next((item["hostapi"] for item in devices if item["index"] == default), None)
    found: dict[str, OutputDevice] = {}
    for item in sorted(devices, key=lambda item: item["index"] != default):
        if item["max_output_channels"] > 0 and system in (None, item["hostapi"]):
            name = str(item["name"])
            index = int(item["index"])
            found.setdefault(name, OutputDevice(index, name, index == default))
    return tuple(found.values())


def load_sounddevice() -> ModuleType:
    """Import sounddevice.

    Raises
    ------
    AudioDeviceError
        The package or the PortAudio library that it stands on is missing.
    """
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise AudioDeviceError(
            "Sound devices cannot be used because the PortAudio library is missing; on Debian or "
            "Ubuntu install it with: sudo apt install libportaudio2."
        ) from error
    module: ModuleType = sounddevice
    return module


def _usable_rate(
    sounddevice: ModuleType, rate: int, channels: int, number: int | None, device: Any
) -> int:
    """Return the sound's own rate where the device takes it, else the device's."""
    try:
        sounddevice.check_output_settings(
            device=number, channels=channels, dtype="float32", samplerate=rate
        )
    except (sounddevice.PortAudioError, ValueError):
        return round(float(device["default_samplerate"]))
    return rate


def _reason(error: Exception) -> str:
    """First argument of an error without a full stop; PortAudio adds its number as a second."""
    text = str(error.args[0]) if error.args else str(error)
    return text.strip().rstrip(".") or type(error).__name__
