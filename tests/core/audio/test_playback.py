"""Playing sound on an audio system that is not there, or is pretended to be."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile

from core.audio import play_sources
from core.audio.files import iterate_blocks
from core.audio.play_sources import FileSource
from core.audio.playback import Player, list_outputs
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

        self.default = SimpleNamespace(device=(0, 2))
        self.restarts = 0
        self.names = ["microphone", "hdmi", "loudspeaker", "loudspeaker"]

    def query_devices(self, device: int | None = None, kind: str | None = None) -> Any:
        if device is None and kind is None:
            return [
                {
                    "index": index,
                    "name": name,
                    "hostapi": index // 3,
                    "max_output_channels": self.channels if index else 0,
                }
                for index, name in enumerate(self.names)
            ]
        if not self.channels:
            raise PortAudioError("Error querying device -1", -1)
        return {"max_output_channels": self.channels, "default_samplerate": 48_000.0}

    def _terminate(self) -> None:
        self.restarts += 1

    def _initialize(self) -> None:
        self.names.insert(1, "headphones")

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


def test_loops_within_a_part(device: FakeSoundDevice) -> None:
    player = Player()
    player.play(RAMP[:12_000], 16_000, start=0.6, loop=True, loop_from=0.5)
    output = device.streams[0].render(8_000)[:, 0]
    np.testing.assert_array_equal(output[:2_400], RAMP[9_600:12_000])
    np.testing.assert_array_equal(output[2_400:6_400], RAMP[8_000:12_000])
    assert player.position == pytest.approx(0.6)


def test_outputs_are_listed_once_each_the_default_first(device: FakeSoundDevice) -> None:
    first = list_outputs()
    assert [(item.index, item.name, item.default) for item in first] == [
        (2, "loudspeaker", True),
        (1, "hdmi", False),
    ]
    assert device.restarts == 0
    device.default.device = (0, 1)
    assert [item.name for item in list_outputs(refresh=True)][:1] == ["headphones"]
    assert device.restarts == 1


def test_the_chosen_output_is_used(device: FakeSoundDevice) -> None:
    player = Player()
    player.device = 1
    player.play(RAMP, 16_000)
    assert device.streams[0].options["device"] == 1
    player.stop()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "ramp.wav"
    soundfile.write(path, RAMP, 16_000, subtype="FLOAT")
    return path


def drain(stream: FakeStream, frames: int) -> np.ndarray[Any, Any]:
    """Render until so many samples that are not silence came."""
    parts: list[np.ndarray[Any, Any]] = []
    while sum(map(len, parts)) < frames:
        output = stream.render(500)[:, 0]
        parts.append(output[output != 0])
    return np.concatenate(parts)[:frames]


def test_a_file_is_played_as_it_is_read(device: FakeSoundDevice, recording: Path) -> None:
    player = Player()
    player.play_file(recording, 16_000, 0.25, 0.75)
    stream = device.streams[0]
    np.testing.assert_array_equal(drain(stream, 8_000), RAMP[4_000:12_000])
    while player.playing:
        assert not stream.render(100).any()
    assert player.position == pytest.approx(0.75)
    player.stop()


def test_a_part_of_a_file_loops(device: FakeSoundDevice, recording: Path) -> None:
    player = Player()
    player.play_file(recording, 16_000, 0.6, 0.75, loop=True, loop_from=0.5)
    output = drain(device.streams[0], 10_400)
    np.testing.assert_array_equal(output[:2_400], RAMP[9_600:12_000])
    np.testing.assert_array_equal(output[2_400:6_400], RAMP[8_000:12_000])
    np.testing.assert_array_equal(output[6_400:], RAMP[8_000:12_000])
    assert 0.5 <= player.position <= 0.75
    player.stop()


def test_a_file_that_is_gone_ends_at_once(device: FakeSoundDevice, tmp_path: Path) -> None:
    player = Player()
    player.play_file(tmp_path / "gone.wav", 16_000, 0.0, 1.0)
    for thread in threading.enumerate():
        if thread.name == "playback":
            thread.join(10)  # it has found no file
    device.streams[0].render(10)
    assert not player.playing
    player.stop()


@pytest.mark.parametrize("kept", [30.0, 0.1])
def test_a_short_loop_is_read_once(
    recording: Path, monkeypatch: pytest.MonkeyPatch, kept: float
) -> None:
    read: list[float] = []

    def watched(path: Path, seconds: float, rate: int, start: float, length: float) -> Any:
        read.append(start)
        return iterate_blocks(path, seconds, rate, start, length)

    monkeypatch.setattr(play_sources, "iterate_blocks", watched)
    monkeypatch.setattr(play_sources, "_KEPT_SECONDS", kept)
    source = FileSource(recording, 16_000, 0.6, 0.75, loop=True, loop_from=0.5)
    heard: list[np.ndarray[Any, Any]] = []
    while sum(map(len, heard)) < 2_400 + 8 * 4_000:
        heard.append(source.read(4_000))
    source.close()
    samples = np.concatenate(heard)
    expected = np.concatenate((RAMP[9_600:12_000], np.tile(RAMP[8_000:12_000], 8)))
    np.testing.assert_allclose(samples[: len(expected)], expected, atol=1e-4)
    if kept == 30.0:
        assert read == [0.6, 0.5]
    else:
        assert read[0] == 0.6 and set(read[1:]) == {0.5} and len(read) >= 9


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
