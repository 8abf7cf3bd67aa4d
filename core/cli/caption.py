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

from core.cli import caption_timeline
from core.cli.checkpoint_option import (
    add_checkpoint_option,
    add_strategy_option,
    chosen_checkpoint,
    chosen_decoding,
)
from core.cli.output import one_line, path_text
from core.errors import StudioError
from core.events import FileCaptioned, FileFailed, Progress


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
    caption_timeline.add_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Caption everything that can be captioned; return 1 when something could not."""
    failed: list[tuple[str, str]] = []
    files = list(_sound_files(options.files, failed))
    if caption_timeline.is_wanted(options):
        done, interrupted = caption_timeline.run(options, files, failed)
        return _closing(failed, interrupted, done, len(files))
    outputs = [Path(out).expanduser() for out in (options.json, options.csv) if out]
    for out in outputs:
        _check_writable(out)
    captioned: list[FileCaptioned] = []
    interrupted = False
    if files:
        checkpoint = chosen_checkpoint(options.checkpoint)
        try:
            for event in _events(checkpoint, files, options):
                if isinstance(event, FileCaptioned):
                    captioned.append(event)
                    print(_line(event), flush=True)
                elif isinstance(event, FileFailed):
                    failed.append((event.path, event.message))
        except KeyboardInterrupt:
            interrupted = True
    if options.json:
        _write(Path(options.json), _as_json(captioned, failed))
    if options.csv:
        _write(Path(options.csv), _as_csv(captioned))
    return _closing(failed, interrupted, len(captioned), len(files))


def _closing(failed: Sequence[tuple[str, str]], interrupted: bool, done: int, of: int) -> int:
    """Say what did not work, and return the exit code."""
    for path, message in failed:
        print(_with_path(path, message), file=sys.stderr)
    if interrupted:
        print(f"Interrupted after {done} of {of} files.", file=sys.stderr)
        return 130
    return 1 if failed else 0


def _events(checkpoint: Path, files: Sequence[Path], options: argparse.Namespace) -> Iterator[Any]:
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
        for event in captioner.caption_files(files, rules):
            if isinstance(event, Progress):
                bar.update(event.done - bar.n)
            else:
                yield event


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


def _as_json(captioned: Sequence[FileCaptioned], failed: Sequence[tuple[str, str]]) -> str:
    content = {
        "captions": [
            {
                "file_name": path_text(item.path),
                "caption_predicted": item.caption.text,
                "hypothesis": item.caption.hypothesis,
                "log_prob": round(item.caption.log_prob, 6),
                "confidence": item.caption.confidence and round(item.caption.confidence, 4),
                "wording": item.caption.wording,
                "duration": round(item.caption.duration, 3),
                "beams": [
                    {"caption": beam.text, "log_prob": round(beam.log_prob, 6)}
                    for beam in item.caption.beams
                ],
                "tags": {tag.name: round(tag.probability, 4) for tag in item.caption.tags},
                "checkpoint": path_text(item.caption.checkpoint),
            }
            for item in captioned
        ],
        "failed": [
            {"file_name": path_text(path), "problem": path_text(message)}
            for path, message in failed
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _as_csv(captioned: Sequence[FileCaptioned]) -> str:
    """Return the table; its third column is there where any caption has a confidence."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    told = any(item.caption.confidence is not None for item in captioned)
    writer.writerow(["file_name", "caption_predicted", *(["confidence"] if told else [])])
    for item in captioned:
        more = [_confidence(item.caption.confidence)] if told else []
        writer.writerow([path_text(item.path), item.caption.text, *more])
    return text.getvalue()


def _line(event: FileCaptioned) -> str:
    """Return what is printed of a file."""
    parts = [one_line(path_text(event.path)), event.caption.text]
    if event.caption.confidence is not None:
        parts.append(_confidence(event.caption.confidence))
    return "\t".join(parts)


def _confidence(probability: float | None) -> str:
    return "" if probability is None else f"{probability:.2f}"
