"""The options of ``aac-studio caption`` that are about timelines."""

from __future__ import annotations

import argparse
from typing import Any

from core.cli.numbers import number
from core.cli.parser import UsageError

# Formats that only a timeline has; --csv and --json mean its table and its records then, too.
_OWN_FORMATS = {
    "srt": "SubRip subtitles",
    "vtt": "WebVTT subtitles",
    "labels": "an Audacity label track",
}


def add_options(parser: Any) -> None:
    """Add the options of timelines to the parser of ``caption``."""
    group = parser.add_argument_group(
        "timelines",
        "For long recordings: a caption for each window, neighbours that say the same joined. "
        "OUT is a file for one recording and a folder for several.",
    )
    group.add_argument(
        "--timeline",
        action="store_true",
        help="caption along the recording: path, start, end, caption in each line",
    )
    group.add_argument(
        "--window",
        metavar="S",
        type=number(0.5, 600, "seconds"),
        help="seconds that the model hears at a time, 0.5 to 600 (default: 10)",
    )
    group.add_argument(
        "--hop",
        metavar="S",
        type=number(0.1, 600, "seconds"),
        help="seconds from window to window, 0.1 up to the window (default: 5)",
    )
    for kind, title in _OWN_FORMATS.items():
        group.add_argument(f"--{kind}", metavar="OUT", help=f"also write {title} there")


def is_wanted(options: argparse.Namespace) -> bool:
    """Say whether the options ask for timelines."""
    lengths = (options.window, options.hop)
    return bool(
        options.timeline
        or any(length is not None for length in lengths)
        or any(getattr(options, kind) for kind in _OWN_FORMATS)
    )


def check(options: argparse.Namespace) -> None:
    """Refuse options that do not go with timelines, or only with them. Raises `UsageError`."""
    program = "aac-studio caption"
    wanted = is_wanted(options)
    if not wanted and options.quiet is not None:
        raise UsageError(f"{program}: --quiet belongs to --timeline or --microphone.")
    for name in ("jsonl", "dcase", "resume"):
        if wanted and getattr(options, name):
            raise UsageError(
                f"{program}: --{name} is for one caption a file, not for timelines; leave out one "
                "of the two."
            )
