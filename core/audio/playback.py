"""Playing sound through the loudspeakers, where there are any.

sounddevice is imported on the first use: without the PortAudio library its very import fails, and
everything else must work then.
"""

from __future__ import annotations

import threading
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.audio.resample import resample
from core.errors import AudioDeviceError


class Player:
    """Plays one mono sound at a time.

    All methods are for one thread; the sound itself runs in a thread of the audio system.
    """

    def __init__(self) -> None:
        self._stream: Any = None
        self._samples = np.zeros(0, np.float32)
        self._rate = 1
        self._cursor = 0
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
        if not self.playing:
            return self._cursor / self._rate
        ahead = round(self._stream.latency * self._rate) if self._stream is not None else 0
        heard = self._cursor - ahead
        if self._loop and heard < 0:
            heard += len(self._samples)
        return max(0, heard) / self._rate

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
    ) -> None:
        """Stop what is playing and play mono samples (n,) from `start` seconds on.

        Raises
        ------
        AudioDeviceError
            There is no loudspeaker, or the system does not let it be used.
        """
        self.stop()
        sounddevice = load_sounddevice()
        try:
            device = sounddevice.query_devices(kind="output")
            channels = min(2, int(device["max_output_channels"]))
            rate = _usable_rate(sounddevice, sample_rate, channels, device)
            self._samples = resample(np.ascontiguousarray(samples, np.float32), sample_rate, rate)
            self._rate = rate
            self._cursor = min(max(0, round(start * rate)), len(self._samples))
            self._loop = loop
            self._stream = sounddevice.OutputStream(
                samplerate=rate,
                channels=channels,
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

    def stop(self) -> None:
        """Stop at once; does nothing when nothing is playing."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close(ignore_errors=True)
        self._running.clear()

    def _fill(self, output: NDArray[np.float32], frames: int, _time: Any, _status: Any) -> None:
        """Give the next samples to the audio system; runs in its thread."""
        filled = 0
        while filled < frames:
            part = self._samples[self._cursor : self._cursor + frames - filled]
            if not len(part):
                if not self._loop or not len(self._samples):
                    break
                self._cursor = 0
                continue
            output[filled : filled + len(part)] = part[:, None] * np.float32(self._volume)
            filled += len(part)
            self._cursor += len(part)
        if filled < frames:
            output[filled:] = 0
            raise load_sounddevice().CallbackStop


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


def _usable_rate(sounddevice: ModuleType, rate: int, channels: int, device: Any) -> int:
    """Return the sound's own rate where the device takes it, else the device's."""
    try:
        sounddevice.check_output_settings(channels=channels, dtype="float32", samplerate=rate)
    except (sounddevice.PortAudioError, ValueError):
        return round(float(device["default_samplerate"]))
    return rate


def _reason(error: Exception) -> str:
    """First argument of an error without a full stop; PortAudio adds its number as a second."""
    text = str(error.args[0]) if error.args else str(error)
    return text.strip().rstrip(".") or type(error).__name__
