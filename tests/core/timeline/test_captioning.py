from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.errors import AudioFileError
from core.events import Progress
from core.timeline import TimelineSettings, WindowCaptioned, caption_timeline, join_windows
from core.timeline.captioning import level_db
from tests.core.timeline.fakes import Echo

RATE = 8_000


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """20 s at 0.3, 20 s of silence, 20 s at 0.9."""
    levels = np.repeat(np.array([0.3, 0.0, 0.9], np.float32), 20 * RATE)
    levels[1::2] *= -1
    path = tmp_path / "long.wav"
    soundfile.write(path, levels, RATE, subtype="FLOAT")
    return path


def test_windows_are_captioned_in_order_and_quiet_ones_have_none(recording: Path) -> None:
    echo = Echo()
    events = list(caption_timeline(echo, recording, TimelineSettings(4.0, 2.0)))
    windows = [event for event in events if isinstance(event, WindowCaptioned)]
    assert [event.window.start for event in windows] == [2.0 * number for number in range(29)]
    assert set(echo.heard) == {4 * RATE}
    assert [event.caption is None for event in windows[10:19]] == [True] * 9
    progress = [event for event in events if isinstance(event, Progress)]
    assert (progress[0].done, progress[-1].done, progress[-1].total) == (0, 29, 29)
    segments = join_windows((event.window, event.caption) for event in windows)
    assert [(item.start, item.end, item.text) for item in segments] == [
        (0.0, 21.0, "level 3"),
        (39.0, 60.0, "level 9"),
    ]


def test_every_window_hears_its_own_samples(tmp_path: Path) -> None:
    """Windows whose length and hop are no multiples of the blocks that are read."""
    ramp = np.linspace(0, 1, 47 * RATE + 123, dtype=np.float32)
    path = tmp_path / "ramp.wav"
    soundfile.write(path, ramp, RATE, subtype="FLOAT")

    class Ends(Echo):
        def caption_waveforms(self, waveforms, sample_rate, decoding=None):  # type: ignore[no-untyped-def]
            self.ends = [*getattr(self, "ends", []), *((w[0], w[-1]) for w in waveforms)]
            return super().caption_waveforms(waveforms, sample_rate, decoding)

    ends = Ends()
    settings = TimelineSettings(3.3, 1.7, quiet_db=-200.0)
    events = list(caption_timeline(ends, path, settings))
    windows = [event.window for event in events if isinstance(event, WindowCaptioned)]
    for window, (first, last) in zip(windows, ends.ends, strict=True):
        assert first == ramp[round(window.start * RATE)]
        assert last == ramp[round(window.end * RATE) - 1]


def test_nothing_is_read_before_the_first_event_is_asked_for(tmp_path: Path) -> None:
    events = caption_timeline(Echo(), tmp_path / "none.wav")
    with pytest.raises(AudioFileError, match=r"none\.wav"):
        next(events)


def test_level() -> None:
    assert level_db(np.full(100, 0.5, np.float32)) == pytest.approx(-6.02, abs=0.01)
    assert level_db(np.zeros(100, np.float32)) == -np.inf


def test_freed_memory_goes_back_to_the_system(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the program holds a few hundred megabytes of nothing after an hour of sound."""
    given: list[int] = []
    done = 0
    monkeypatch.setattr("core.timeline.captioning.give_back_memory", lambda: given.append(done))
    for event in caption_timeline(Echo(), recording, TimelineSettings(1.0, 0.25)):
        if isinstance(event, WindowCaptioned):
            done += 1
    assert given == [64, 128, 192, 237]
