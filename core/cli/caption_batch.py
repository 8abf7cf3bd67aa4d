"""``aac-studio caption`` for files as they are: a caption each, several at a time."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from core.batch import BatchRow, RowState, caption_kept, check_names, export_batch, journal_of
from core.cli.checkpoint_option import chosen_checkpoint, chosen_decoding
from core.cli.output import one_line, path_text
from core.cli.output_places import check_places
from core.errors import StudioError


def run(
    options: argparse.Namespace,
    files: Sequence[Path],
    failed: list[tuple[str, str]],
    shown: Mapping[Path, Path],
) -> tuple[int, bool]:
    """Caption each of `files` and write what was asked for.

    Returns how many were captioned and whether it was interrupted; what cannot be read goes to
    `failed`, as path and sentence. `shown` has other names for some.
    """
    asked = (options.json, options.csv, options.jsonl, options.dcase)
    outs = [Path(out).expanduser() for out in asked if out]
    check_places(outs, files)
    for out in outs:
        check_writable(out)
    if options.dcase:
        check_names(files)
    rows: list[BatchRow] = []
    interrupted = False
    if files:
        checkpoint = chosen_checkpoint(options.checkpoint)
        try:
            for found in _rows(checkpoint, files, options):
                row = replace(found, path=shown.get(found.path, found.path))
                rows.append(row)
                if row.state is RowState.DONE:
                    _show(line_of(row), bool(outs))
                else:
                    failed.append((str(row.path), row.message))
        except KeyboardInterrupt:
            interrupted = True
    # In the order in which they were named, which is not quite that in which they came out.
    order = {shown.get(path, path): place for place, path in enumerate(files)}
    rows.sort(key=lambda row: order[row.path])
    captioned = [row for row in rows if row.state is RowState.DONE]
    if options.json:
        write_text(Path(options.json), as_json(captioned, failed))
    if options.csv:
        write_text(Path(options.csv), as_csv(captioned))
    for kind in ("jsonl", "dcase"):
        if out := getattr(options, kind):
            export_batch(rows, Path(out).expanduser(), kind)
    return len(captioned), interrupted


def _show(line: str, goes_on: bool) -> None:
    """Print a line. Where nobody reads any more, outputs are still to be written."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        if not goes_on:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _rows(
    checkpoint: Path, files: Sequence[Path], options: argparse.Namespace
) -> Iterator[BatchRow]:
    """Yield each file with its caption, or with the reason why it has none."""
    from tqdm import tqdm

    from core.captioner import Captioner
    from core.device import choose_device

    captioner = Captioner.load(checkpoint, choose_device(options.device))
    rules = chosen_decoding(captioner.checkpoint.config, options)
    if rules.strategy == "rerank" and captioner.rerank_problem:
        print(captioner.rerank_problem, file=sys.stderr)
    # A bar between lines on the same terminal would only be in their way.
    hidden = sys.stdout.isatty() or not sys.stderr.isatty()
    with tqdm(total=len(files), desc="Captioning", unit="file", disable=hidden) as bar:
        for row in caption_kept(
            captioner, files, rules, journal_of(checkpoint, rules), options.resume
        ):
            bar.update()
            yield row


def check_writable(out: Path) -> None:
    """Find out before the work, not after it, that its result cannot be kept."""
    if out.is_dir():
        raise StudioError(f"{out} is a folder; name a file to write to.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StudioError(
            f"The folder of {out} cannot be made ({error.strerror}); choose another place."
        ) from error


def write_text(out: Path, text: str) -> None:
    """Write a file. Raises `StudioError` where the place cannot be written."""
    from core.files import write_text_atomic

    try:
        write_text_atomic(out.expanduser(), text)
    except OSError as error:
        raise StudioError(
            f"{out} cannot be written ({error.strerror or error}); choose another place."
        ) from error


def as_json(captioned: Sequence[BatchRow], failed: Sequence[tuple[str, str]]) -> str:
    """Return captions with beams and tags, and what has none."""
    content = {
        "captions": [
            {
                "file_name": path_text(str(row.path)),
                "caption_predicted": row.caption,
                "hypothesis": row.record.get("hypothesis"),
                "log_prob": row.record.get("log_prob"),
                "confidence": row.confidence,
                "wording": row.record.get("wording"),
                "duration": round(row.duration or 0.0, 3),
                "beams": row.record.get("beams"),
                "tags": row.record.get("tags"),
                "checkpoint": path_text(str(row.record.get("checkpoint"))),
            }
            for row in captioned
        ],
        "failed": [
            {"file_name": path_text(path), "problem": path_text(message)}
            for path, message in failed
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def as_csv(captioned: Sequence[BatchRow]) -> str:
    """Return the table; its third column is there where any caption has a confidence."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    told = any(row.confidence is not None for row in captioned)
    writer.writerow(["file_name", "caption_predicted", *(["confidence"] if told else [])])
    for row in captioned:
        more = [_confidence(row.confidence)] if told else []
        writer.writerow([path_text(str(row.path)), row.caption, *more])
    return text.getvalue()


def line_of(row: BatchRow) -> str:
    """Return what is printed of a file."""
    parts = [one_line(path_text(str(row.path))), row.caption]
    if row.confidence is not None:
        parts.append(_confidence(row.confidence))
    return "\t".join(parts)


def _confidence(probability: float | None) -> str:
    return "" if probability is None else f"{probability:.2f}"
