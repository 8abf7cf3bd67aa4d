"""``aac-studio caption``: one line for each sound file."""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from core.cli import timeline_options
from core.cli.checkpoint_option import (
    add_checkpoint_option,
    add_strategy_option,
    chosen_checkpoint,
    chosen_decoding,
)
from core.cli.output import one_line, path_text
from core.errors import StudioError


def add_parser(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "caption",
        parents=[common],
        help="caption sound files",
        description="Caption sound files and all sound files in folders: one line each, the path, "
        "a tab, the caption, and for calibrated checkpoints a tab and the probability that it is "
        "right. Files that cannot be read are named at the end, with exit code 1.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="sound file or folder")
    add_checkpoint_option(parser)
    parser.add_argument("--beam-size", metavar="N", help="hypotheses kept at a time")
    add_strategy_option(parser)
    parser.add_argument("--device", default="auto", help="auto, cpu, mps or cuda:0")
    parser.add_argument("--json", metavar="OUT", help="also write captions, beams and tags there")
    parser.add_argument("--csv", metavar="OUT", help="also write file_name,caption_predicted there")
    parser.add_argument(
        "--jsonl", metavar="OUT", help="also write a line of JSON for each file there"
    )
    parser.add_argument(
        "--dcase",
        metavar="OUT",
        help="also write a DCASE submission there: names without folders, and what the model said",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="take over what an interrupted run with the same checkpoint and search has captioned",
    )
    timeline_options.add_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Caption everything that can be captioned; return 1 when something could not."""
    failed: list[tuple[str, str]] = []
    files = list(_sound_files(options.files, failed))
    if timeline_options.is_wanted(options):
        from core.batch import BatchRow, RowState, caption_kept, export_batch, journal_of
from core.cli import caption_timeline

        done, interrupted = caption_timeline.run(options, files, failed)
        return _closing(failed, interrupted, done, len(files))
    return _caption_all(options, files, failed)


def _caption_all(
    options: argparse.Namespace, files: Sequence[Path], failed: list[tuple[str, str]]
) -> int:
    """Caption each file and write what was asked for."""
    asked = (options.json, options.csv, options.jsonl, options.dcase)
    for out in (Path(out).expanduser() for out in asked if out):
        _check_writable(out)
    rows: list[BatchRow] = []
    interrupted = False
    if files:
        checkpoint = chosen_checkpoint(options.checkpoint)
        try:
            for row in _rows(checkpoint, files, options):
                rows.append(row)
                if row.state is RowState.DONE:
                    print(_line(row), flush=True)
                else:
                    failed.append((str(row.path), row.message))
        except KeyboardInterrupt:
            interrupted = True
    # In the order in which they were named, which is not quite that in which they came out.
    order = {path: place for place, path in enumerate(files)}
    rows.sort(key=lambda row: order[row.path])
    captioned = [row for row in rows if row.state is RowState.DONE]
    if options.json:
        _write(Path(options.json), _as_json(captioned, failed))
    if options.csv:
        _write(Path(options.csv), _as_csv(captioned))
    for kind in ("jsonl", "dcase"):
        if out := getattr(options, kind):
            export_batch(rows, Path(out).expanduser(), kind)
    return _closing(failed, interrupted, len(captioned), len(files))


def _closing(failed: Sequence[tuple[str, str]], interrupted: bool, done: int, of: int) -> int:
    """Say what did not work, and return the exit code."""
    for path, message in failed:
        print(_with_path(path, message), file=sys.stderr)
    if interrupted:
        print(f"Interrupted after {done} of {of} files.", file=sys.stderr)
        return 130
    return 1 if failed else 0


def _rows(
    checkpoint: Path, files: Sequence[Path], options: argparse.Namespace
) -> Iterator[BatchRow]:
    """Yield each file with its caption, or with the reason why it has none."""
    from tqdm import tqdm

    from core.captioner import Captioner
    from core.training.device import choose_device

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


def _sound_files(names: Sequence[str], failed: list[tuple[str, str]]) -> Iterator[Path]:
    """Yield the files once each, folders resolved to the sound files in them."""
    from core.audio.files import FFMPEG_SUFFIXES, NATIVE_SUFFIXES

    suffixes = {*NATIVE_SUFFIXES, *FFMPEG_SUFFIXES}
    seen: set[Path] = set()
    for name in names:
        if not name.strip():  # Path("") is the current folder, which nobody asked for.
            failed.append((name, "A file name is empty; name a sound file or a folder."))
            continue
        given = Path(name).expanduser()
        found = [given]
        if given.is_dir():
            found = sorted(
                path
                for path in given.rglob("*")
                if path.suffix.lower() in suffixes and path.is_file()
            )
            if not found:
                failed.append((name, f"The folder {given} holds no sound file."))
        for path in found:
            if path not in seen:
                seen.add(path)
                yield path


def _with_path(path: str, message: str) -> str:
    """Return the sentence with the path as it was given or found, where it has the name alone."""
    return path_text(message.replace(f"'{Path(path).name}'", f"'{path}'", 1))


def _check_writable(out: Path) -> None:
    """Find out before the work, not after it, that its result cannot be kept."""
    if out.is_dir():
        raise StudioError(f"{out} is a folder; name a file to write to.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StudioError(
            f"The folder of {out} cannot be made ({error.strerror}); choose another place."
        ) from error


def _write(out: Path, text: str) -> None:
    from core.files import write_text_atomic

    try:
        write_text_atomic(out.expanduser(), text)
    except OSError as error:
        raise StudioError(
            f"{out} cannot be written ({error.strerror or error}); choose another place."
        ) from error


def _as_json(captioned: Sequence[BatchRow], failed: Sequence[tuple[str, str]]) -> str:
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


def _as_csv(captioned: Sequence[BatchRow]) -> str:
    """Return the table; its third column is there where any caption has a confidence."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    told = any(row.confidence is not None for row in captioned)
    writer.writerow(["file_name", "caption_predicted", *(["confidence"] if told else [])])
    for row in captioned:
        more = [_confidence(row.confidence)] if told else []
        writer.writerow([path_text(str(row.path)), row.caption, *more])
    return text.getvalue()


def _line(row: BatchRow) -> str:
    """Return what is printed of a file."""
    parts = [one_line(path_text(str(row.path))), row.caption]
    if row.confidence is not None:
        parts.append(_confidence(row.confidence))
    return "\t".join(parts)


def _confidence(probability: float | None) -> str:
    return "" if probability is None else f"{probability:.2f}"
