"""``aac-studio caption`` for files as they are: a caption each, several at a time."""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from core.batch import (
    BATCH_EXPORTS,
    BatchRow,
    RowState,
    caption_kept,
    check_names,
    journal_of,
    kept_of,
)
from core.cli.checkpoint_option import chosen_checkpoint, chosen_decoding
from core.cli.output import one_line, path_text
from core.cli.output_places import (
    check_places,
    check_writable,
    lines_beside,
    outputs_of,
    write_text,
)
from core.cli.standard_input import of_pipe
from core.errors import StudioError
from core.wording import count_text


def run(
    options: argparse.Namespace,
    files: Sequence[Path],
    failed: list[tuple[str, str]],
    shown: Mapping[Path, Path],
    problems: list[str],
) -> tuple[int, bool]:
    """Caption each of `files` and write what was asked for.

    Returns how many were captioned and whether it was interrupted; what cannot be read goes to
    `failed`, as path and sentence, what cannot be written to `problems`. `shown` has other names
    for some.
    """
    outs = outputs_of(options, ("json", "csv", "jsonl", "dcase"))
    check_places(list(outs.values()), files)
    for out in outs.values():
        check_writable(out)
    if options.dcase:
        check_names(files)
    show = lines_beside(outs.values())
    rows: list[BatchRow] = []
    interrupted = False
    if files:
        checkpoint = chosen_checkpoint(options.checkpoint)
        try:
            for found in _rows(checkpoint, files, options):
                row = replace(found, path=shown.get(found.path, found.path))
                rows.append(row)
                if row.state is RowState.DONE:
                    show(line_of(row))
                else:
                    told = of_pipe(row.message) if found.path in shown else row.message
                    failed.append((str(row.path), told))
        except KeyboardInterrupt:
            interrupted = True
    # In the order in which they were named, which is not quite that in which they came out.
    order = {shown.get(path, path): place for place, path in enumerate(files)}
    rows.sort(key=lambda row: order[row.path])
    captioned = [row for row in rows if row.state is RowState.DONE]
    texts: dict[str, Callable[[], str]] = {
        "json": lambda: as_json(captioned, failed),
        "csv": lambda: as_csv(captioned),
        "jsonl": lambda: BATCH_EXPORTS["jsonl"].text(rows),
        "dcase": lambda: BATCH_EXPORTS["dcase"].text(rows),
    }
    for kind, out in outs.items():
        try:
            write_text(out, texts[kind]())
        except StudioError as error:  # The others are still to be written.
            problems.append(str(error))
    return len(captioned), interrupted


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
    journal = journal_of(checkpoint, rules)
    kept = kept_of(files, journal) if options.resume else None
    if kept is not None:
        print(_taken_over(len(kept), len(files)), file=sys.stderr)
    # A bar between lines on the same terminal would only be in their way.
    hidden = sys.stdout.isatty() or not sys.stderr.isatty()
    with tqdm(total=len(files), desc="Captioning", unit="file", disable=hidden) as bar:
        for row in caption_kept(captioner, files, rules, journal, kept):
            bar.update()
            yield row


def _taken_over(kept: int, of: int) -> str:
    if kept:
        return f"Captioned before and taken over: {kept:,} of {count_text(of, 'file')}."
    return "Nothing is taken over: with this checkpoint and search none of the files was captioned."


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
