"""The options of ``aac-studio caption`` for a folder that is watched and for a microphone."""

from __future__ import annotations

import argparse
from typing import Any

from core.cli.numbers import number, whole
from core.cli.parser import UsageError

# What each way of captioning does not know, and what to say of it.
_WATCH_ONLY = ("existing", "interval")
_MICROPHONE_ONLY = ("input", "rate", "save")
_QUIET_DB = -60.0
_OUTPUTS = ("json", "csv", "jsonl", "dcase", "srt", "vtt", "labels", "save")


def add_options(parser: Any) -> None:
    """Add the options to the parser of ``caption``."""
    watch = parser.add_argument_group(
        "watching a folder",
        "Files that come into the folder or its sub-folders, or are changed, are captioned once "
        "nobody has written to them for 2 seconds; those that cannot be read are named at once. "
        "Ctrl+C ends it. It looks by itself, so network folders are as good as others. The outputs "
        "grow with each file: what they already list is not captioned again, so a watch that was "
        "ended goes on with the same outputs and --existing. OUT of a timeline is a folder, with "
        "OUT/rain.wav.srt for rain.wav.",
    )
    watch.add_argument("--watch", metavar="FOLDER", help="caption the files that come into FOLDER")
    watch.add_argument(
        "--existing",
        action="store_true",
        help="also those that are there already (default: new ones only)",
    )
    watch.add_argument(
        "--interval",
        metavar="S",
        type=number(0.1, 86_400, "seconds"),
        help="seconds from one look into the folder to the next, 0.1 to 86,400 (default: 1)",
    )
    microphone = parser.add_argument_group(
        "microphone",
        "A line for each window, when the recording is --hop further: start, end, caption, and how "
        "many seconds after the sound it came. --window and --hop are those of timelines; "
        "--srt, --vtt, --csv, --json, --labels and --jsonl are written at the end. Ctrl+C ends it.",
    )
    microphone.add_argument(
        "--microphone", action="store_true", help="caption what a microphone hears"
    )
    microphone.add_argument(
        "--list-devices", action="store_true", help="list the microphones and end"
    )
    microphone.add_argument(
        "--input",
        metavar="NAME",
        help="name of a microphone, a part of it, or its number (default: the system's)",
    )
    microphone.add_argument(
        "--rate",
        metavar="HZ",
        type=whole(1_000, 768_000),
        help="sample rate to record at, 1,000 to 768,000 (default: the device's own)",
    )
    microphone.add_argument(
        "--save",
        metavar="TAKE",
        help="keep the recording in a FLAC file, with its captions beside it",
    )
    common = parser.add_argument_group("watching, microphone and timelines")
    common.add_argument(
        "--seconds",
        metavar="S",
        type=number(0, unit="seconds"),
        help="end watching or recording after so many seconds (default: at Ctrl+C)",
    )
    common.add_argument(
        "--quiet",
        metavar="DB",
        type=number(-200, 0, "dB"),
        help="say nothing of windows below this level, dB of full scale, -200 to 0 (default: -60 "
        "for a microphone, -70 for timelines)",
    )


def check(options: argparse.Namespace) -> None:
    """Refuse options that do not go together. Raises `UsageError`."""
    ways = {
        "files": bool(options.files),
        "--watch": options.watch is not None,
        "--microphone": options.microphone,
        "--list-devices": options.list_devices,
    }
    asked = [name for name, given in ways.items() if given]
    if not asked:
        raise _usage("name sound files or folders, or use --watch or --microphone")
    if len(asked) > 1:
        raise _usage(f"{asked[0]} and {asked[1]} do not go together; choose one")
    (way,) = asked
    if way != "--watch":
        _refuse(options, _WATCH_ONLY, "--watch")
    if way != "--microphone":
        _refuse(options, _MICROPHONE_ONLY, "--microphone")
    if way in ("files", "--list-devices"):
        _refuse(options, ("seconds",), "--watch or --microphone")
    elif options.resume:
        raise _usage("--resume is for files alone; a watch goes on with --existing")
    for kind in _OUTPUTS:
        # An empty name is what an unset variable of a script leaves.
        if (out := getattr(options, kind)) is not None and not out.strip():
            raise _usage(f"--{kind} has an empty name; name a file")
        if out is not None and way == "--list-devices":
            raise _usage(f"--{kind} does not go with --list-devices; leave one of the two out")
        if out == "-" and way != "files":
            raise _usage(f"--{kind} is -, but standard output has the captions; name a file")
    if way == "--microphone" and options.dcase:
        raise _usage("--dcase is for files; a recording has --csv")


def quiet_db(options: argparse.Namespace) -> float:
    """Return the level below which nothing is said of what a microphone hears."""
    return _QUIET_DB if options.quiet is None else float(options.quiet)


def _refuse(options: argparse.Namespace, names: tuple[str, ...], way: str) -> None:
    for name in names:
        if getattr(options, name) not in (None, False):
            raise _usage(f"--{name} belongs to {way}")


def _usage(message: str) -> UsageError:
    program = "aac-studio caption"
    return UsageError(f"{program}: {message}; '{program} --help' shows what is possible.")
