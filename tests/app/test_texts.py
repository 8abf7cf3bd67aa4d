from __future__ import annotations

import time

from app.texts import (
    NOTHING,
    best_text,
    breakable,
    clock_text,
    date_text,
    figure_text,
    left_text,
    length_text,
    metric_title,
    minus_text,
    rough_length_text,
    short_date_text,
    span_text,
)


def test_dates() -> None:
    then = time.mktime((2026, 3, 5, 14, 7, 0, 0, 0, -1))
    assert date_text(then) == "5 Mar 2026 14:07"
    assert short_date_text(then, now=then + 3600) == "5 Mar 14:07"
    assert short_date_text(then, now=then + 400 * 86400) == "5 Mar 2026"
    assert date_text(0) == short_date_text(0) == NOTHING


def test_lengths() -> None:
    assert [length_text(s) for s in (4.2, 90, 7200)] == ["4.2 s", "1.5 min", "2.0 h"]


def test_figures() -> None:
    assert best_text(3.2, "loss") == "3.200"
    assert best_text(0.25, "cider_d") == "0.250 CIDEr-D"
    assert best_text(None, "loss") == NOTHING


def test_metric_names() -> None:
    assert metric_title("cider_d") == "CIDEr-D"
    assert metric_title("caption-ntxent/positive-similarity") == "NT-Xent: positive similarity"
    assert metric_title("own_metric") == "own_metric"


def test_lengths_of_time_read_well() -> None:
    assert [clock_text(s, 1) for s in (62.5, 59.96)] == ["1:02.5", "1:00.0"]
    assert [clock_text(s) for s in (-1, 7, 750, 3723)] == ["0:00", "0:07", "12:30", "1:02:03"]
    assert left_text(3) == "a few seconds left"
    assert left_text(44) == "about 40 s left"
    assert left_text(600) == "about 10 min left"
    assert left_text(9000) == "about 2.5 h left"
    assert left_text(200_000) == "about 2.3 days left"


def test_parts_are_told_in_seconds_or_as_a_clock_does() -> None:
    assert span_text(1.0, 2.5) == "1.00–2.50 s"
    assert span_text(118.0, 3725.0, digits=1) == "1:58.0–1:02:05.0"


def test_lengths_to_come_are_said_roughly() -> None:
    found = [rough_length_text(seconds) for seconds in (2, 47, 720, 9000, 200_000)]
    assert found == ["10 s", "50 s", "12 min", "2.5 h", "2.3 days"]


def test_negative_numbers_of_a_sentence_have_a_minus() -> None:
    told = "CE + audio-text is better by 4.9 points, 95 % interval -5.1 to 14.8 on 2026-11-22"
    assert minus_text(told) == told.replace("-5.1", "−5.1")


def test_counts_among_figures_are_whole() -> None:
    assert figure_text("vocabulary", 1223.0) == "1,223"
    assert figure_text("caption-ntxent/uniformity", -3.3744) == "−3.374"
    assert figure_text("loss", -0.0001) == "0.000"


def test_names_longer_than_a_line_may_be_broken_and_others_are_left_alone() -> None:
    name = 90 * "x" + ".wav"
    parts = breakable(f"'{name}' is damaged.").split("\u200b")
    assert max(map(len, parts)) <= 40 + len(" is damaged.")
    assert "".join(parts) == f"'{name}' is damaged."
    path = "/home/eve/Recordings/2026-05-03/a-long-name-of-words-that-can-be-broken-anyway.wav"
    assert breakable(path) == path
