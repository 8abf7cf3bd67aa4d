"""Results of a batch for other programs: a table, lines of JSON, a DCASE submission."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.batch.rows import BatchRow, RowState
from core.errors import StudioError
from core.files import write_text_atomic

COLUMNS = (
    *("file_name", "path", "duration_s", "state", "caption", "confidence", "mean_log_prob"),
    *("seconds", "problem", "checkpoint"),
)


@dataclass(frozen=True, slots=True)
class BatchExport:
    """A way to write results: its name for people, the suffix of its files, and the text."""

    title: str
    suffix: str
    text: Callable[[Sequence[BatchRow]], str]


def to_csv(rows: Sequence[BatchRow]) -> str:
    """Return a table of all rows, in any state; with a byte-order mark, for spreadsheets."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        cells = (
            row.path.name,
            row.path,
            None if row.duration is None else round(row.duration, 3),
            row.state.value,
            row.caption,
            row.confidence,
            row.record.get("log_prob"),
            None if row.seconds is None else round(row.seconds, 4),
            row.message,
            row.record.get("checkpoint"),
        )
        writer.writerow(["" if cell is None else _text(cell) for cell in cells])
    return "\ufeff" + text.getvalue()


def to_jsonl(rows: Sequence[BatchRow]) -> str:
    """Return a line of JSON for each file that was captioned or has failed, with beams and tags."""
    lines = []
    for row in rows:
        if row.state in (RowState.DONE, RowState.FAILED):
            content = {
                "file_name": _text(row.path.name),
                "path": _text(row.path),
                "state": row.state.value,
                "duration": row.duration,
                "seconds": None if row.seconds is None else round(row.seconds, 4),
                **({"problem": _text(row.message)} if row.message else {}),
                **row.record,
            }
            lines.append(json.dumps(content, ensure_ascii=False) + "\n")
    return "".join(lines)


def to_dcase(rows: Sequence[BatchRow]) -> str:
    """Return a submission as DCASE takes it: ``file_name,caption_predicted``.

    What metrics are taken on is what the model itself said, so no "possibly" and no "silence".
    Raises `StudioError` where two files have the same name, which no submission can tell apart.
    """
    done = [row for row in rows if row.state is RowState.DONE]
    check_names(row.path for row in done)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("file_name", "caption_predicted"))
    for row in done:
        said = row.record.get("hypothesis") or row.caption
        writer.writerow((_text(row.path.name), said))
    return text.getvalue()


def check_names(paths: Iterable[Path]) -> None:
    """Raise `StudioError` where two files have the same name: no submission tells them apart."""
    twice = [name for name, count in Counter(path.name for path in paths).items() if count > 1]
    if twice:
        raise StudioError(
            f"Two files are named '{_text(twice[0])}', which a submission cannot tell apart; "
            "caption one folder at a time."
        )


BATCH_EXPORTS = {
    "csv": BatchExport("Table (CSV)", ".csv", to_csv),
    "jsonl": BatchExport("Lines of JSON, with beams and tags", ".jsonl", to_jsonl),
    "dcase": BatchExport("DCASE submission (CSV)", ".csv", to_dcase),
}


def export_batch(rows: Sequence[BatchRow], path: Path, kind: str) -> int:
    """Write results to `path` as one of `BATCH_EXPORTS`; return how many captions they hold.

    Raises `StudioError` where the file cannot be written or the results do not fit the format.
    """
    text = BATCH_EXPORTS[kind].text(rows)
    try:
        write_text_atomic(path, text)
    except OSError as error:
        raise StudioError(
            f"'{path}' could not be written ({error.strerror or error}); choose another folder."
        ) from error
    return sum(row.state is RowState.DONE for row in rows)


def _text(value: object) -> str:
    """Return text that every encoding can write; names of files need not be any."""
    return str(value).encode("utf-8", "replace").decode()
