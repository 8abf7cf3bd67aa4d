from __future__ import annotations

import csv
import io
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.timeline import EXPORTS, Segment, export_timeline
from core.timeline.exports import to_csv, to_json, to_labels, to_srt, to_vtt
from tests.core.timeline.fakes import segment

_TIME = r"(\d{2,}):([0-5]\d):([0-5]\d)[,.](\d{3})"
CLOCK = re.compile(f"{_TIME} --> {_TIME}")
TEXTS = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp", "Zs")), min_size=1, max_size=20
)
TIMELINES = st.lists(st.tuples(st.floats(0.01, 5000), TEXTS), max_size=8).map(
    lambda items: [
        segment(sum(length for length, _ in items[:index]), end, text)
        for index, (length, text) in enumerate(items)
        for end in [sum(length for length, _ in items[: index + 1])]
    ]
)


def milliseconds(parts: tuple[str, ...]) -> int:
    hours, minutes, seconds, rest = map(int, parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest


@given(TIMELINES)
def test_subtitles_hold_every_segment_at_its_time(segments: list[Segment]) -> None:
    for text in (to_srt(segments), to_vtt(segments)):
        found = CLOCK.findall(text)
        assert len(found) == len(segments)
        for parts, item in zip(found, segments, strict=True):
            start, end = milliseconds(parts[:4]), milliseconds(parts[4:])
            assert start == pytest.approx(1000 * item.start, abs=0.51)
            assert end > start
    assert to_vtt(segments).startswith("WEBVTT\n")


@given(TIMELINES)
def test_subtitles_never_overlap(segments: list[Segment]) -> None:
    times = [
        (milliseconds(parts[:4]), milliseconds(parts[4:]))
        for parts in CLOCK.findall(to_srt(segments))
    ]
    assert all(one[1] <= other[0] for one, other in pairwise(times))


@given(TIMELINES)
def test_tables_and_records_read_back(segments: list[Segment]) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(segments), newline="")))
    records = json.loads(to_json(segments))
    assert [row["caption"] for row in rows] == [item.text for item in segments]
    assert [record["caption"] for record in records] == [item.text for item in segments]
    for row, record, item in zip(rows, records, segments, strict=True):
        assert float(row["start_s"]) == pytest.approx(item.start, abs=6e-4)
        assert record["end_s"] == pytest.approx(item.end, abs=6e-5)


@given(TIMELINES)
def test_label_tracks_have_three_columns(segments: list[Segment]) -> None:
    lines = to_labels(segments).splitlines()
    assert len(lines) == len(segments)
    for line, item in zip(lines, segments, strict=True):
        start, end, text = line.split("\t")
        assert float(start) == pytest.approx(item.start, abs=1e-6)
        assert float(end) == pytest.approx(item.end, abs=1e-6)
        assert text == item.text


def test_what_other_programs_read() -> None:
    segments = [segment(0.0, 7.5, "a dog barks"), segment(3661.25, 3670.0, "rain & <wind>")]
    assert to_srt(segments) == (
        "1\n00:00:00,000 --> 00:00:07,500\na dog barks\n\n"
        "2\n01:01:01,250 --> 01:01:10,000\nrain & <wind>\n"
    )
    assert to_vtt(segments) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:07.500\na dog barks\n\n"
        "01:01:01.250 --> 01:01:10.000\nrain &amp; &lt;wind&gt;\n"
    )
    assert to_labels(segments).splitlines()[0] == "0.000000\t7.500000\ta dog barks"


@pytest.mark.parametrize("kind", EXPORTS)
def test_each_kind_is_written(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"out{EXPORTS[kind].suffix}"
    export_timeline([segment(0.0, 1.0, "wind — blowing")], path, kind)
    assert "wind — blowing" in path.read_text(encoding="utf-8")
