"""Timelines for other programs: subtitles, tables, an Audacity label track. Pure functions."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.files import write_text_atomic
from core.timeline.segments import Segment

# A subtitle that ends where it begins is not shown by any player.
_SHORTEST_MS = 1


def to_srt(segments: Sequence[Segment]) -> str:
    """Return SubRip subtitles."""
    blocks = [
        f"{number}\n{_clock(start, ',')} --> {_clock(end, ',')}\n{segment.text}\n"
        for number, (segment, start, end) in enumerate(_in_milliseconds(segments), start=1)
    ]
    return "\n".join(blocks)


def to_vtt(segments: Sequence[Segment]) -> str:
    """Return WebVTT subtitles."""
    blocks = [
        f"{_clock(start, '.')} --> {_clock(end, '.')}\n{_escape(segment.text)}\n"
        for segment, start, end in _in_milliseconds(segments)
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def to_csv(segments: Sequence[Segment]) -> str:
    """Return a table: start_s, end_s, caption, mean_log_prob, confidence, windows."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("start_s", "end_s", "caption", "mean_log_prob", "confidence", "windows"))
    for segment in segments:
        times = f"{segment.start:.3f}", f"{segment.end:.3f}"
        log_prob = f"{segment.log_prob:.6f}"
        sure = segment.caption.confidence
        confidence = "" if sure is None else f"{sure:.4f}"
        writer.writerow((*times, segment.text, log_prob, confidence, segment.windows))
    return text.getvalue()


def to_json(segments: Sequence[Segment]) -> str:
    """Return an array of objects, with the other beams and the tags of each segment."""
    records = [
        {
            "start_s": round(segment.start, 4),
            "end_s": round(segment.end, 4),
            "caption": segment.text,
            "mean_log_prob": round(segment.log_prob, 6),
            "confidence": _rounded(segment.caption.confidence),
            "windows": segment.windows,
            "checkpoint": segment.caption.checkpoint,
            "beams": [
                {"caption": beam.text, "mean_log_prob": round(beam.log_prob, 6)}
                for beam in segment.caption.beams
            ],
            "tags": [
                {"name": tag.name, "probability": round(tag.probability, 6)}
                for tag in segment.caption.tags
            ],
        }
        for segment in segments
    ]
    return json.dumps(records, indent=2, ensure_ascii=False) + "\n"


def to_labels(segments: Sequence[Segment]) -> str:
    """Return an Audacity label track: start, end, text, separated by tabs."""
    return "".join(
        f"{segment.start:.6f}\t{segment.end:.6f}\t{' '.join(segment.text.split())}\n"
        for segment in segments
    )


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A way to write a timeline: its title, the ending of its files, and what makes the text."""

    title: str
    suffix: str
    write: Callable[[Sequence[Segment]], str]


EXPORTS = {
    "srt": ExportFormat("SubRip subtitles", ".srt", to_srt),
    "vtt": ExportFormat("WebVTT subtitles", ".vtt", to_vtt),
    "csv": ExportFormat("Table", ".csv", to_csv),
    "json": ExportFormat("JSON with beams and tags", ".json", to_json),
    "labels": ExportFormat("Audacity label track", ".txt", to_labels),
}


def export_timeline(segments: Sequence[Segment], path: Path, kind: str) -> None:
    """Write a timeline as one of `EXPORTS`; an `OSError` says that the place cannot be written."""
    write_text_atomic(path, EXPORTS[kind].write(segments))


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def _in_milliseconds(segments: Sequence[Segment]) -> list[tuple[Segment, int, int]]:
    times = []
    for segment in segments:
        start = round(segment.start * 1000)
        times.append((segment, start, max(round(segment.end * 1000), start + _SHORTEST_MS)))
    return times


def _clock(milliseconds: int, point: str) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{rest:03}"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
