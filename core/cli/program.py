"""The program: parse, run one sub-command, turn errors into one sentence and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import metadata

from core.cli import (
    caption,
    data,
    doctor,
    evaluate,
    experiment,
    import_checkpoint,
    metrics,
    queue,
    runs,
    score,
    starter,
    submission,
    train,
    weights,
)
from core.cli.exit_codes import DONE, FAILED, INTERRUPTED
from core.cli.parser import Parser, UsageError
from core.errors import StudioError

PROGRAM = "aac-studio"


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all sub-commands."""
    parser = Parser(
        prog=PROGRAM,
        description="Train, use and compare automated audio captioning systems. "
        "Without arguments the window opens.",
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {version()}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--traceback", action="store_true", help="show where in the program an error arose"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for module in (
        train,
        caption,
        evaluate,
        score,
        metrics,
        queue,
        experiment,
        submission,
        runs,
        import_checkpoint,
        data,
        weights,
        starter,
        doctor,
    ):
        module.add_parser(commands, common)
    return parser


def version() -> str:
    """Return the installed version, or "unknown" when it runs from plain files."""
    try:
        return metadata.version(PROGRAM)
    except metadata.PackageNotFoundError:
        return "unknown"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    See `core.cli.exit_codes`; an error is one sentence on standard error.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        # A file name or a caption must not fail for want of a letter in the terminal's alphabet.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    wants_traceback = "--traceback" in arguments
    try:
        parser = build_parser()
        options = parser.parse_args(arguments)
        if options.command is None:
            parser.print_help()
            return FAILED
        code = int(options.run(options))
        sys.stdout.flush()
        return code
    except SystemExit as ending:  # --help and --version
        return int(ending.code or 0)
    except UsageError as error:
        return _fail(str(error))
    except BrokenPipeError:
        # Whoever read our output has enough. Python would complain once more while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        return _fail("Interrupted.", INTERRUPTED)
    except StudioError as error:
        if wants_traceback:
            traceback.print_exc()
        return _fail(str(error))
    except Exception as error:
        if wants_traceback:
            traceback.print_exc()
        text = " ".join(str(error).split()) or "no reason given"
        return _fail(
            f"{type(error).__name__}: {text} (this should not happen; --traceback shows where)."
        )


def _fail(sentence: str, code: int = FAILED) -> int:
    sys.stderr.write(sentence + "\n")
    return code
