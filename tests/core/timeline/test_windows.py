from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigError
from core.timeline import TimelineSettings, plan_windows


@given(
    duration=st.floats(0.05, 20_000),
    window=st.floats(0.5, 120),
    share=st.floats(0.05, 1),
)
def test_windows_cover_the_recording_without_gap_or_overlap(
    duration: float, window: float, share: float
) -> None:
    hop = max(0.5, window * share) if window > 0.5 else window
    windows = plan_windows(duration, TimelineSettings(window, hop))
    assert windows[0].start == windows[0].first == 0.0
    assert windows[-1].last == duration
    assert windows[-1].end == pytest.approx(duration)
    for one, other in itertools.pairwise(windows):
        assert one.last == other.first
        assert one.start < other.start <= one.end + 1e-9
        assert other.start - one.start <= hop + 1e-9
    for item in windows:
        assert item.start - 1e-9 <= item.first < item.last <= item.end + 1e-6
        assert item.end - item.start == pytest.approx(min(window, duration))


def test_a_short_sound_is_one_window() -> None:
    (only,) = plan_windows(3.0, TimelineSettings(10.0, 5.0))
    assert (only.start, only.end, only.first, only.last) == (0.0, 3.0, 0.0, 3.0)


def test_the_stretches_meet_half_way_between_the_middles() -> None:
    windows = plan_windows(22.0, TimelineSettings(10.0, 5.0))
    assert [window.start for window in windows] == [0.0, 5.0, 10.0, 12.0]
    assert [window.first for window in windows] == [0.0, 7.5, 12.5, 16.0]


@pytest.mark.parametrize(
    ("window", "hop"), [(0.1, 0.1), (10.0, 11.0), (10.0, 0.0), (float("nan"), 1.0), (700.0, 1.0)]
)
def test_settings_that_make_no_sense_are_refused(window: float, hop: float) -> None:
    with pytest.raises(ConfigError):
        TimelineSettings(window, hop)


def test_more_windows_than_anybody_means_are_refused() -> None:
    with pytest.raises(ConfigError, match="choose a hop of at least"):
        plan_windows(100_000.0, TimelineSettings(1.0, 0.1))
