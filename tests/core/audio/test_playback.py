"""Playing sound on an audio system that is not there, or is pretended to be."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.audio.playback import Player
from core.errors import AudioDeviceError


class PortAudioError(Exception):
    pass


class CallbackStop(Exception):  # noqa: N818 - the name that sounddevice gives it
    pass


class FakeStream:
    """An output stream that plays when told to."""

    latency = 0.0

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.closed = False

    def start(self) -> None:
        pass

    def close(self, ignore_errors: bool = True) -> None:
        self.closed = True

    def render(self, frames: int) -> np.ndarray[Any, Any]:
        output = np.full((frames, self.options["channels"]), np.nan, np.float32)
        try:
            self.options["callback"](output, frames, None, None)
        except CallbackStop:
            self.options["finished_callback"]()
        return output


class FakeSoundDevice(SimpleNamespace):
    def __init__(self, channels: int = 2, rates: tuple[int, ...] = (16_000, 48_000)) -> None:
        super().__init__(PortAudioError=PortAudioError, CallbackStop=CallbackStop)
        self.channels, self.rates = channels, rates
        self.streams: list[FakeStream] = []

    def query_devices(self, kind: str) -> dict[str, Any]:
        if not self.channels:
            raise PortAudioError("Error querying device -1", -1)
        return {"max_output_channels": self.channels, "default_samplerate": 48_000.0}

    def check_output_settings(self, samplerate: int, **_: Any) -> None:
        if samplerate not in self.rates:
            raise PortAudioError("Invalid sample rate", -9997)

    def OutputStream(self, **options: Any) -> FakeStream:
        self.streams.append(FakeStream(**options))
        return self.streams[-1]


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> FakeSoundDevice:
    device = FakeSoundDevice()
    monkeypatch.setitem(sys.modules, "sounddevice", device)
    return device


RAMP = (np.arange(16_000) / 16_000).astype(np.float32)


def test_plays_to_the_end_and_says_where_it_is(device: FakeSoundDevice) -> None:
    player = Player()
    assert not player.playing
    player.play(RAMP, 16_000)
    stream = device.streams[0]
    np.testing.assert_array_equal(stream.render(4_000), np.stack([RAMP[:4_000]] * 2, axis=1))
    assert player.playing
    assert player.position == pytest.approx(0.25)
    stream.render(11_000)
    last = stream.render(4_000)
    np.testing.assert_array_equal(last[:1_000, 0], RAMP[15_000:])
    assert not last[1_000:].any()
    assert not player.playing
    assert player.position == pytest.approx(1.0)


def test_starts_within_the_sound_and_loops(device: FakeSoundDevice) -> None:
    player = Player()
    player.play(RAMP, 16_000, start=0.75, loop=True)
    output = device.streams[0].render(36_000)[:, 0]
    np.testing.assert_array_equal(output[:4_000], RAMP[12_000:])
    np.testing.assert_array_equal(output[4_000:20_000], RAMP)
    assert player.playing
    assert player.position == pytest.approx(1.0)


def test_volume_may_change_while_playing(device: FakeSoundDevice) -> None:
    player = Player()
    player.volume = 7.0
    assert player.volume == 1.0
    player.play(RAMP, 16_000)
    player.volume = 0.25
    np.testing.assert_allclose(device.streams[0].render(100)[:, 0], 0.25 * RAMP[:100])


def test_a_new_sound_takes_the_place_of_the_old(device: FakeSoundDevice) -> None:
    player = Player()
    player.play(RAMP, 16_000)
    player.play(RAMP, 16_000)
    assert [stream.closed for stream in device.streams] == [True, False]
    player.stop()
    assert device.streams[1].closed
    assert not player.playing
    player.stop()


def test_a_rate_that_the_device_refuses_is_resampled(device: FakeSoundDevice) -> None:
    player = Player()
    player.play(RAMP[:8_000], 8_000)
    stream = device.streams[0]
    assert stream.options["samplerate"] == 48_000
    stream.render(24_000)
    assert player.position == pytest.approx(0.5)


def test_position_is_what_is_heard_not_what_is_buffered(device: FakeSoundDevice) -> None:
    player = Player()
    player.play(RAMP, 16_000)
    device.streams[0].latency = 0.1
    device.streams[0].render(800)
    assert player.position == 0.0
    device.streams[0].render(8_000)
    assert player.position == pytest.approx(0.45)


def test_one_channel_is_enough(device: FakeSoundDevice) -> None:
    device.channels = 1
    Player().play(RAMP, 16_000)
    assert device.streams[0].render(10).shape == (10, 1)


def test_an_empty_sound_ends_at_once(device: FakeSoundDevice) -> None:
    player = Player()
    player.play(RAMP[:0], 16_000, loop=True)
    assert not device.streams[0].render(10).any()
    assert not player.playing


def test_without_a_loudspeaker(device: FakeSoundDevice) -> None:
    device.channels = 0
    player = Player()
    with pytest.raises(
        AudioDeviceError, match=r"Error querying device -1\); connect a loudspeaker"
    ):
        player.play(RAMP, 16_000)
    assert not player.playing
    assert player.position == 0.0


def test_without_portaudio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(AudioDeviceError, match="apt install libportaudio2"):
        Player().play(RAMP, 16_000)
