"""``aac-studio caption``: sound files, folders, standard input, a watched folder, a microphone."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from core.cli import live_options, timeline_options
from core.cli.checkpoint_option import (
    add_checkpoint_option,
    add_decoding_options,
    add_device_option,
)
from core.cli.exit_codes import DONE, FAILED, INTERRUPTED, SOME_FAILED
from core.cli.output import path_text
from core.cli.standard_input import SIGN, standard_input

_EXAMPLES = """
examples:
  aac-studio caption rain.wav recordings/ --csv captions.csv
  aac-studio caption walk.flac --timeline --srt walk.srt
  ffmpeg -i film.mkv -f wav - | aac-studio caption - --json -
  aac-studio caption --watch recordings/ --existing --csv captions.csv
  aac-studio caption --microphone --window 10 --hop 5 --save take.flac
"""


def add_parser(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "caption",
        parents=[common],
        help="caption sound files, folders, or a microphone",
        description="Caption sound files and all sound files in folders: one line each, the path, "
        "a tab, the caption, and for calibrated checkpoints a tab and the probability that it is "
        "right. Files that cannot be read are named at the end, with exit code 1, or 2 when all of "
        "them cannot. As OUT, - is standard output, which then has nothing else.",
    )
    parser.intermixed = True
    parser.more_help = lambda: _EXAMPLES
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help="sound file or folder; - is standard input"
    )
    add_checkpoint_option(parser)
    add_decoding_options(parser)
    add_device_option(parser)
    parser.add_argument(
        "--flat", action="store_true", help="take folders without their sub-folders"
    )
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
    live_options.add_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Caption everything that can be captioned; return 1 when something could not."""
    live_options.check(options)
    if options.microphone or options.list_devices:
        from core.cli import caption_microphone

        return caption_microphone.run(options)
    timeline_options.check(options)
    if options.watch is not None:
        from core.cli import caption_watch

        return caption_watch.run(options)
    with standard_input(options.files) as piped:
        return _caption_files(options, piped)


def _caption_files(options: argparse.Namespace, piped: Path | None) -> int:
    failed: list[tuple[str, str]] = []
    problems: list[str] = []
    files = list(_sound_files(options.files, piped, not options.flat, failed))
    shown = {} if piped is None else {piped: Path(SIGN)}
    if timeline_options.is_wanted(options):
        from core.cli import caption_timeline

        done, interrupted = caption_timeline.run(options, files, failed, shown, problems)
    else:
        from core.cli import caption_batch

        done, interrupted = caption_batch.run(options, files, failed, shown, problems)
    for problem in problems:
        print(problem, file=sys.stderr)
    code = _closing(failed, interrupted, done, len(files))
    return SOME_FAILED if code == DONE and problems else code


def _closing(failed: Sequence[tuple[str, str]], interrupted: bool, done: int, of: int) -> int:
    """Say what did not work, and return the exit code."""
    for path, message in failed:
        print(with_path(path, message), file=sys.stderr)
    if interrupted:
        print(f"Interrupted after {done} of {of} files.", file=sys.stderr)
        return INTERRUPTED
    if not failed:
        return DONE
    return SOME_FAILED if done else FAILED


def _sound_files(
    names: Sequence[str], piped: Path | None, deep: bool, failed: list[tuple[str, str]]
) -> Iterator[Path]:
    """Yield the files once each, folders resolved to the sound files in them."""
    from core.audio.files import FFMPEG_SUFFIXES, NATIVE_SUFFIXES

    suffixes = {*NATIVE_SUFFIXES, *FFMPEG_SUFFIXES}
    seen: set[Path] = set()
    for name in names:
        if not name.strip():  # Path("") is the current folder, which nobody asked for.
            failed.append((name, "A file name is empty; name a sound file or a folder."))
            continue
        given = piped if name == SIGN and piped is not None else Path(name).expanduser()
        found = [given]
        # Of os.path, for these take names that no disk can have as names of nothing.
        if os.path.isdir(given):  # noqa: PTH112
            found = sorted(
                path
                for path in (given.rglob("*") if deep else given.iterdir())
                if path.suffix.lower() in suffixes and path.is_file()
            )
            if not found:
                failed.append((name, f"The folder {given} holds no sound file."))
        for path in found:
            if path not in seen:
                seen.add(path)
                yield path


def with_path(path: str, message: str) -> str:
    """Return the sentence with the path as it was given or found, where it has the name alone."""
    return path_text(message.replace(f"'{Path(path).name}'", f"'{path}'", 1))
