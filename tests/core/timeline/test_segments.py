from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from core.captions import Caption
from core.timeline import TimelineSettings, Window, join_windows, plan_windows
from tests.core.timeline.fakes import caption_of

WORDS = st.lists(st.sampled_from(["rain", "a dog", "", None]), min_size=1, max_size=30)


def captioned(words: list[str | None]) -> list[tuple[Window, Caption | None]]:
    windows = plan_windows(10.0 + 5.0 * (len(words) - 1), TimelineSettings(10.0, 5.0))
    return [
        (window, None if word is None else caption_of(word, -1.0 - 0.01 * index))
        for index, (window, word) in enumerate(zip(windows, words, strict=True))
    ]


@given(WORDS)
def test_segments_say_at_every_moment_what_its_window_said(words: list[str | None]) -> None:
    windows = captioned(words)
    segments = join_windows(windows)
    for window, caption in windows:
        middle = (window.first + window.last) / 2
        there = [item.text for item in segments if item.start <= middle < item.end]
        assert there == ([caption.text] if caption is not None and caption.text else [])
    for one, other in itertools.pairwise(segments):
        assert one.end <= other.start
        assert one.end < other.start or one.text != other.text
    assert sum(item.windows for item in segments) == sum(bool(word) for word in words)


def test_a_segment_keeps_the_evidence_of_its_likeliest_window() -> None:
    windows = plan_windows(20.0, TimelineSettings(10.0, 5.0))
    captions = [caption_of("rain", value) for value in (-0.9, -0.2, -0.5)]
    (only,) = join_windows(zip(windows, captions, strict=True))
    assert (only.start, only.end, only.windows) == (0.0, 20.0, 3)
    assert only.caption is captions[1]
    assert only.window is windows[1]
    assert only.log_prob == -0.2


def test_silence_between_equal_captions_keeps_them_apart() -> None:
    segments = join_windows(captioned(["rain", None, "rain"]))
    assert [item.text for item in segments] == ["rain", "rain"]
    assert segments[0].end < segments[1].start
