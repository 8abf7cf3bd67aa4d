"""Microphones: which there are, and the sound that comes from one.

sounddevice is imported on the first use: without the PortAudio library its very import fails, and
everything else must work then.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.audio import portaudio
from core.audio.microphone_faults import (
    INVALID_CHANNELS,
    INVALID_RATE,
    NO_PERMISSION,
    number_of,
    reason_of,
    refusal,
)
from core.audio.playback import load_sounddevice
from core.errors import AudioDeviceError

# Tried in this order after the device's own rate.
RATES = (48_000, 44_100, 32_000, 16_000, 96_000, 22_050, 8_000)
# What the system keeps for us while Python is busy elsewhere, in seconds.
LATENCY = 0.25
# An idle sound server may take two seconds to wake.
FIRST_BLOCK_SECONDS = 6.0
# A device that was unplugged often just falls silent, without any error.
STALL_SECONDS = 2.5
# A sound server that died may never answer to a stop.
STOP_SECONDS = 5.0

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class InputDevice:
    """A microphone: number in PortAudio, name, whether it is the default, rate in Hz, channels."""

    index: int
    name: str
    default: bool
    sample_rate: int
    channels: int


@dataclass(frozen=True, slots=True, eq=False)
class CapturedAudio:
    """Samples that a microphone captured since the last look.

    `samples` (n,) float32 mono; `captured` is when its last sample was spoken, on the clock of
    `time.monotonic`; `dropped` counts the blocks before which the system lost sound.
    """

    samples: Samples
    captured: float
    dropped: int


def list_inputs(refresh: bool = False) -> tuple[InputDevice, ...]:
    """Return the microphones, the default first; each name once, by the default audio system.

    `refresh` starts PortAudio anew, which finds what was connected since and ends what plays; while
    a microphone records, the list stays what it was.

    Raises
    ------
    AudioDeviceError
        There is no PortAudio, no microphone, or no permission to use one.
    """
    sounddevice = load_sounddevice()
    try:
        with portaudio.held():
            if refresh:
                portaudio.restart(sounddevice)
            devices = sounddevice.query_devices()
            default = sounddevice.default.device[0]
    except (sounddevice.PortAudioError, OSError, UnicodeDecodeError) as error:
        raise AudioDeviceError(
            f"The microphones cannot be listed ({reason_of(error)}); check the system's sound "
            "settings."
        ) from error
    system = next((item["hostapi"] for item in devices if item["index"] == default), None)
    found: dict[str, InputDevice] = {}
    for item in sorted(devices, key=lambda item: item["index"] != default):
        channels = int(item["max_input_channels"])
        if channels > 0 and system in (None, item["hostapi"]):
            name, index = str(item["name"]), int(item["index"])
            rate = round(float(item["default_samplerate"]))
            found.setdefault(name, InputDevice(index, name, index == default, rate, channels))
    if not found:
        raise AudioDeviceError(
            NO_PERMISSION
            if _is_locked()
            else "There is no microphone on this machine; connect one and look again."
        )
    return tuple(found.values())


class Microphone:
    """An open microphone. The sound is kept in a queue until `read` takes it, however long.

    Parameters
    ----------
    name
        Name of the device; "" is the system's default.
    sample_rate
        Rate in Hz; 0 takes the device's own, or else one that it knows.

    Raises
    ------
    AudioDeviceError
        There is no such device, it may not be used or is in use, or it refuses the rate.
    """

    def __init__(self, name: str = "", sample_rate: int = 0) -> None:
        sounddevice = load_sounddevice()
        with portaudio.held():
            device = _find(list_inputs(), name)
            self.name = device.name
            # A queue that is written in C and never waits: the audio system's thread only copies.
            self._blocks: queue.SimpleQueue[tuple[float, bool, Samples] | None]
            self._blocks = queue.SimpleQueue()
            self._stream: Any = None
            self._ended = False
            try:
                self.sample_rate, channels = _usable(sounddevice, device, sample_rate)
                self._stream = sounddevice.InputStream(
                    samplerate=self.sample_rate,
                    channels=channels,
                    device=device.index,
                    dtype="float32",
                    latency=LATENCY,
                    callback=self._on_block,
                    finished_callback=self._on_finished,
                )
                self._stream.start()
            except (sounddevice.PortAudioError, ValueError, OSError) as error:
                if self._stream is not None:
                    self._stream.close(ignore_errors=True)
                raise refusal(error, device.name, sample_rate) from error
            portaudio.note_opened()
        self._opened = self._last = time.monotonic()
        self._any = False

    def read(self, timeout: float) -> CapturedAudio | None:
        """Return all sound that has come, waiting up to `timeout` seconds for some, or None.

        Raises
        ------
        AudioDeviceError
            The microphone fell silent for good, as an unplugged one does.
        """
        items = list(self._waiting(timeout))
        if items:
            self._any, self._last = True, time.monotonic()
            return _joined(items)
        silent = time.monotonic() - self._last
        patience = STALL_SECONDS if self._any else FIRST_BLOCK_SECONDS
        if self._ended or silent > patience:
            if self._any:
                raise AudioDeviceError(
                    f"The microphone '{self.name}' stopped sending sound; it may have been "
                    "unplugged. Connect it and look again."
                )
            raise AudioDeviceError(
                f"The microphone '{self.name}' sends no sound; choose another one or check the "
                "system's sound settings."
            )
        return None

    def stop(self) -> CapturedAudio | None:
        """Stop and return what had come and was not read yet; does nothing the second time."""
        stream, self._stream = self._stream, None
        if stream is not None:
            _end(stream)
        items = list(self._waiting(0.0))
        return _joined(items) if items else None

    def _waiting(self, timeout: float) -> Iterator[tuple[float, bool, Samples]]:
        """Yield the blocks in the queue; waits only for the first of them."""
        try:
            item = self._blocks.get(timeout=timeout) if timeout else self._blocks.get_nowait()
            while True:
                if item is None:
                    self._ended = True
                else:
                    yield item
                item = self._blocks.get_nowait()
        except queue.Empty:
            return

    def _on_block(self, samples: Samples, frames: int, times: Any, status: Any) -> None:
        """Put a copy into the queue; runs in the audio system's thread."""
        spoken = min(max(times.currentTime - times.inputBufferAdcTime, 0.0), 2.0)
        length = frames / self.sample_rate
        captured = time.monotonic() - max(spoken - length, 0.0)
        self._blocks.put((captured, bool(status.input_overflow), samples.copy()))

    def _on_finished(self) -> None:
        self._blocks.put(None)


def _end(stream: Any) -> None:
    """Stop a stream, which waits until the audio system has handed over what it holds."""

    def end() -> None:
        stream.stop(ignore_errors=True)
        stream.close(ignore_errors=True)
        portaudio.note_closed()

    # One that does not come back is left behind, and PortAudio is not started anew while it hangs.
    ending = threading.Thread(target=end, name="end of recording", daemon=True)
    ending.start()
    ending.join(STOP_SECONDS)
    if ending.is_alive():
        portaudio.abandon(load_sounddevice())


def _joined(items: list[tuple[float, bool, Samples]]) -> CapturedAudio:
    blocks = [block[:, 0] if block.shape[1] == 1 else block.mean(axis=1) for _, _, block in items]
    return CapturedAudio(np.concatenate(blocks), items[-1][0], sum(lost for _, lost, _ in items))


def _find(devices: tuple[InputDevice, ...], name: str) -> InputDevice:
    for device in devices:
        if name in ("", device.name):
            return device
    raise AudioDeviceError(
        f"The microphone '{name}' is not connected; connect it or choose another one."
    )


def _usable(sounddevice: ModuleType, device: InputDevice, wanted: int) -> tuple[int, int]:
    """Return a rate and a number of channels that the device takes, as few as it can."""
    rates = (wanted,) if wanted else (device.sample_rate, *RATES)
    first: Exception | None = None
    for rate in rates:
        for channels in sorted({1, min(2, device.channels), device.channels}):
            try:
                sounddevice.check_input_settings(
                    device=device.index, channels=channels, dtype="float32", samplerate=rate
                )
            except (sounddevice.PortAudioError, ValueError) as error:
                first = first or error
                if number_of(error) not in (INVALID_RATE, INVALID_CHANNELS):
                    raise
            else:
                return rate, channels
    assert first is not None
    raise first


def _is_locked() -> bool:
    """Say whether there are microphones that this user may not open."""
    try:
        nodes = list(Path("/dev/snd").glob("pcm*c"))
    except OSError:
        return False
    return bool(nodes) and not any(os.access(node, os.R_OK) for node in nodes)
