"""Windows of a sound that is still coming, its meter, and its picture."""

from __future__ import annotations

import numpy as np
import pytest

from core.audio.meter import FLOOR_DB, PeakMeter
from core.live import LiveMonitor, LiveWindow, LiveWindows
from core.timeline import TimelineSettings

RATE = 1_000


def all_of(windows: LiveWindows) -> list[LiveWindow]:
    found = []
    while (item := windows.get(0.0)) is not None:
        found.append(item)
    return found


@pytest.mark.parametrize("size", [1, 37, 500, 7_300])
def test_windows_do_not_depend_on_the_blocks(size: int) -> None:
    sound = np.arange(7_300, dtype=np.float32)
    windows = LiveWindows(TimelineSettings(4.0, 2.0))
    windows.start(RATE)
    found = []
    for first in range(0, len(sound), size):
        part = sound[first : first + size]
        windows.append(part, (first + len(part)) / RATE)
        if size < 2_000:
            found += all_of(windows)
    windows.finish()
    found += all_of(windows)
    assert windows.ended
    if size < 2_000:
        assert windows.skipped == 0
        spans = [(w.window.start, w.window.end, w.window.first, w.window.last) for w in found]
        assert spans == [(0, 2, 0, 2), (0, 4, 2, 4), (2, 6, 4, 6), (3.3, 7.3, 6, 7.3)]
    else:
        # Nobody took them in time: the newest are left, and the end is among them.
        assert windows.skipped == 1
        assert found[-1].window.last == 7.3
    for item in found:
        first, last = round(item.window.start * RATE), round(item.window.end * RATE)
        np.testing.assert_array_equal(item.samples, sound[first:last])
        assert item.captured == pytest.approx(item.window.end)


def test_finish_is_final() -> None:
    windows = LiveWindows(TimelineSettings(4.0, 2.0))
    windows.start(RATE)
    windows.append(np.zeros(500, np.float32), 0.5)
    windows.finish()
    windows.finish()
    assert len(all_of(windows)) == 1
    empty = LiveWindows(TimelineSettings(4.0, 2.0))
    empty.finish()
    assert empty.ended
    assert empty.get(0.0) is None


def test_meter_holds_peaks_and_sees_clipping() -> None:
    meter = PeakMeter(RATE)
    assert meter.held_db == FLOOR_DB
    meter.feed(np.full(100, 0.5, np.float32))
    assert meter.level_db == pytest.approx(-6.02, abs=0.01)
    meter.feed(np.full(1_000, 0.05, np.float32))
    assert meter.held_db == pytest.approx(-6.02, abs=0.01)
    assert meter.peak_db == pytest.approx(-26.02, abs=0.01)
    meter.feed(np.full(1_000, 0.05, np.float32))
    assert -26.1 < meter.held_db < -6.1
    assert meter.clipped_samples == 0
    meter.feed(np.array([1.0, -1.0, 0.9], np.float32))
    assert meter.clipped_samples == 2
    assert meter.held_db == pytest.approx(0.0)


def test_monitor_shows_where_a_tone_lies_and_that_silence_is_dead() -> None:
    rate = 16_000
    monitor = LiveMonitor()
    monitor.start(rate)
    time = np.arange(2 * rate) / rate
    tone = (0.5 * np.sin(2 * np.pi * 1000 * time)).astype(np.float32)
    for first in range(0, len(tone), 1_700):
        monitor.feed(tone[first : first + 1_700])
    moment = monitor.look()
    assert moment.seconds == 2.0
    assert moment.columns.shape[0] == pytest.approx(2.0 / monitor.column_seconds, abs=3)
    assert monitor.scale is not None
    row = int(moment.columns[20].argmax())
    hertz = float(monitor.scale.hertz((row + 0.5) / moment.columns.shape[1]))
    assert hertz == pytest.approx(1000, abs=40)
    assert not moment.dead
    assert len(monitor.look().columns) == 0
    monitor.feed(np.zeros(4 * rate, np.float32), dropped=3)
    moment = monitor.look()
    assert moment.dead
    assert moment.dropped == 3
