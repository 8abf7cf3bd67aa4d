"""Captions of the listed files as CSV or JSON."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from app.pages.caption.outputs import Output, Result
from app.pages.caption.sound_files import SoundFile
from core.files import write_json_atomic, write_text_atomic

COLUMNS = (
    "file_name",
    "path",
    "start_s",
    "end_s",
    "caption",
    "mean_log_prob",
    "confidence",
    "checkpoint",
    "tags",
)


def export_captions(entries: Iterable[SoundFile], path: Path) -> int:
    """Write all captions of `entries` to `path`, as JSON where its suffix says so, else as CSV.

    The segments of a timeline are captions of parts.

    CSV has one line a caption and starts with a byte-order mark, so that spreadsheets read it as
    UTF-8; JSON has the words with their probabilities, the other beams and the tags as well.
    Returns the number of captions written.
    """
    pairs = [
        (entry, result) for entry in entries for item in entry.outputs for result in _results(item)
    ]
    if path.suffix.lower() == ".json":
        write_json_atomic(path, [_record(entry, result) for entry, result in pairs])
    else:
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\r\n")
        writer.writeheader()
        for entry, result in pairs:
            row = _record(entry, result)
            row["tags"] = "; ".join(
                f"{tag['name']} {tag['probability']:.3f}" for tag in row["tags"]
            )
            writer.writerow(row)
        write_text_atomic(path, "\ufeff" + text.getvalue())
    return len(pairs)


def _results(output: Output) -> Iterator[Result]:
    if isinstance(output, Result):
        yield output
    else:
        for segment in output.segments:
            yield Result(segment.caption, segment.start, segment.end - segment.start)


def _record(entry: SoundFile, result: Result) -> dict[str, Any]:
    caption = result.caption
    length = caption.duration if result.length is None else result.length
    return {
        "file_name": entry.path.name,
        "path": str(entry.path),
        "start_s": round(result.start, 4),
        "end_s": round(result.start + length, 4),
        "caption": result.text,
        "edited": bool(result.edited),
        "mean_log_prob": round(caption.log_prob, 6),
        "confidence": None if caption.confidence is None else round(caption.confidence, 4),
        "checkpoint": caption.checkpoint,
        "words": [
            {"text": word.text, "probability": round(math.exp(word.log_prob), 6)}
            for word in caption.tokens
        ],
        "beams": [
            {"caption": beam.text, "mean_log_prob": round(beam.log_prob, 6)}
            for beam in caption.beams
        ],
        "tags": [
            {"name": tag.name, "probability": round(tag.probability, 6)} for tag in caption.tags
        ],
    }
