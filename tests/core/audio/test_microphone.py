"""Microphones without any: what PortAudio may say, and the sentence that comes of it."""

from __future__ import annotations

import sys
import threading
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.audio import microphone as module
from core.audio import portaudio
from core.audio.microphone import Microphone, list_inputs
from core.audio.playback import list_outputs
from core.errors import AudioDeviceError


class PortAudioError(Exception):
    pass


class FakeSounddevice(ModuleType):
    """One microphone in stereo that takes 48 kHz and 16 kHz."""

    PortAudioError = PortAudioError

    def __init__(self) -> None:
        super().__init__("sounddevice")
        self.devices: list[dict[str, Any]] = [
            device(0, "Loudspeaker", inputs=0, outputs=2),
            device(1, "Desk microphone", inputs=2, outputs=0),
            device(2, "Desk microphone", inputs=2, outputs=0, system=1),
        ]
        self.default = SimpleNamespace(device=[1, 0])
        self.rates = (48_000, 16_000)
        self.refusal: Exception | None = None
        self.restarts = 0
        self.stream: FakeStream | None = None

    def query_devices(self, index: int | None = None, kind: str | None = None) -> Any:
        return self.devices if index is None else self.devices[index]

    def check_input_settings(self, device: int, channels: int, dtype: str, samplerate: int) -> None:
        if self.refusal is not None:
            raise self.refusal
        if samplerate not in self.rates:
            raise PortAudioError("Invalid sample rate", -9997)
        if channels != 2:
            raise PortAudioError("Invalid number of channels", -9998)

    def InputStream(self, **settings: Any) -> FakeStream:
        self.stream = FakeStream(settings)
        return self.stream

    def _terminate(self) -> None:
        self.restarts += 1

    def _initialize(self) -> None:
        pass


class FakeStream:
    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.held: list[np.ndarray] = []

    def start(self) -> None:
        pass

    def give(self, block: np.ndarray, overflow: bool = False) -> None:
        times = SimpleNamespace(currentTime=1.0, inputBufferAdcTime=0.9)
        status = SimpleNamespace(input_overflow=overflow)
        self.settings["callback"](block, len(block), times, status)
        block[:] = 9.0  # PortAudio uses its buffer again

    def stop(self, ignore_errors: bool = True) -> None:
        for block in self.held:
            self.give(block)
        self.settings["finished_callback"]()

    def close(self, ignore_errors: bool = True) -> None:
        pass


def device(index: int, name: str, inputs: int, outputs: int, system: int = 0) -> dict[str, Any]:
    return {
        "index": index,
        "name": name,
        "hostapi": system,
        "max_input_channels": inputs,
        "max_output_channels": outputs,
        "default_samplerate": 44_100.0,
    }


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeSounddevice:
    sounddevice = FakeSounddevice()
    monkeypatch.setitem(sys.modules, "sounddevice", sounddevice)
    return sounddevice


def block(*samples: float) -> np.ndarray:
    return np.repeat(np.array(samples, np.float32)[:, None], 2, axis=1)


def test_each_microphone_is_listed_once(fake: FakeSounddevice) -> None:
    (found,) = list_inputs()
    assert (found.name, found.default, found.channels) == ("Desk microphone", True, 2)


def test_without_portaudio_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(AudioDeviceError, match="PortAudio library is missing"):
        list_inputs()


def test_no_microphone_and_no_permission_are_told_apart(
    fake: FakeSounddevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.devices = fake.devices[:1]
    monkeypatch.setattr(module, "_is_locked", lambda: False)
    with pytest.raises(AudioDeviceError, match="no microphone"):
        list_inputs()
    monkeypatch.setattr(module, "_is_locked", lambda: True)
    with pytest.raises(AudioDeviceError, match="does not let this program"):
        list_inputs()


def test_a_rate_and_channels_that_the_device_takes_are_found(fake: FakeSounddevice) -> None:
    microphone = Microphone()
    assert microphone.sample_rate == 48_000
    assert fake.stream is not None and fake.stream.settings["channels"] == 2
    microphone.stop()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PortAudioError("Invalid sample rate", -9997), "does not take 12,000 Hz"),
        (PortAudioError("Device unavailable", -9985), "in use by another program"),
        (PortAudioError("Invalid device", -9996), "not connected any more"),
        (PortAudioError("Unanticipated host error: Permission denied", -9999), "does not let"),
        (PortAudioError("Internal error.", -9986), r"cannot be used \(Internal error\)"),
    ],
)
def test_each_refusal_has_its_sentence(
    fake: FakeSounddevice, error: Exception, sentence: str
) -> None:
    fake.refusal = error
    with pytest.raises(AudioDeviceError, match=sentence):
        Microphone("Desk microphone", 12_000)
    assert not portaudio.recording()


def test_a_microphone_that_went_away_is_named(fake: FakeSounddevice) -> None:
    with pytest.raises(AudioDeviceError, match="'Headset' is not connected"):
        Microphone("Headset")


def test_blocks_are_copied_counted_and_none_is_lost_at_stop(fake: FakeSounddevice) -> None:
    microphone = Microphone()
    stream = fake.stream
    assert stream is not None
    stream.give(block(0.1, 0.2))
    stream.give(block(0.3), overflow=True)
    heard = microphone.read(1.0)
    assert heard is not None
    np.testing.assert_allclose(heard.samples, [0.1, 0.2, 0.3])
    assert heard.dropped == 1
    stream.held = [block(0.4, 0.5)]
    rest = microphone.stop()
    assert rest is not None
    np.testing.assert_allclose(rest.samples, [0.4, 0.5])
    assert microphone.stop() is None


def test_a_sound_server_that_does_not_answer_holds_nothing_up(
    fake: FakeSounddevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STOP_SECONDS", 0.01)
    microphone = Microphone()
    stream, gate, closed = fake.stream, threading.Event(), threading.Event()
    assert stream is not None
    stream.give(block(0.1))
    monkeypatch.setattr(stream, "stop", lambda ignore_errors: gate.wait())
    noted = portaudio.note_closed
    monkeypatch.setattr(portaudio, "note_closed", lambda: (noted(), closed.set()))
    heard = microphone.stop()
    assert heard is not None and len(heard.samples) == 1
    list_inputs(refresh=True)
    assert fake.restarts == 0
    gate.set()
    assert closed.wait(10)


def test_silence_for_too_long_is_an_unplugged_microphone(
    fake: FakeSounddevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    microphone = Microphone()
    assert fake.stream is not None
    assert microphone.read(0.0) is None
    fake.stream.give(block(0.1))
    assert microphone.read(0.0) is not None
    assert microphone.read(0.0) is None
    monkeypatch.setattr(module, "STALL_SECONDS", -1.0)
    with pytest.raises(AudioDeviceError, match="unplugged"):
        microphone.read(0.0)
    microphone.stop()


def test_looking_for_devices_never_ends_a_recording(fake: FakeSounddevice) -> None:
    microphone = Microphone()
    list_outputs(refresh=True)
    list_inputs(refresh=True)
    assert fake.restarts == 0
    microphone.stop()
    list_outputs(refresh=True)
    list_inputs(refresh=True)
    assert fake.restarts == 2
