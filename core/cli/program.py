"""The program: parse, run one sub-command, turn errors into one sentence and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
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
from core.cli.output import silence
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
    parser.add_argument(
        "--version",
        action="version",
        version=f"{PROGRAM} {version()}",
        help="show the version and end",
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--traceback", action="store_true", help="show where in the program an error arises"
    )
    # Of the program as well, so that it may stand before the command.
    parser.add_argument("--traceback", action="store_true", help=argparse.SUPPRESS)
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
    with _streams():
        wants_traceback = "--traceback" in arguments
        try:
            code = _run(arguments)
            sys.stdout.flush()
            return code
        except UsageError as error:
            return _fail(str(error))
        except KeyboardInterrupt:
            return _fail("Interrupted.", INTERRUPTED)
        except Exception as error:
            if isinstance(error, OSError) and error.filename is None:
                refused = _after_refusal(error)
                if refused is not None:
                    return refused
            if wants_traceback:
                traceback.print_exc()
            if isinstance(error, StudioError):
                return _fail(str(error))
            text = " ".join(str(error).split()) or "no reason given"
            return _fail(
                f"{type(error).__name__}: {text} (this should not happen; --traceback shows where)."
            )


def _run(arguments: Sequence[str]) -> int:
    parser = build_parser()
    try:
        options = parser.parse_args(arguments)
    except SystemExit as ending:  # --help and --version
        return int(ending.code or 0)
    if options.command is None:
        parser.print_help()
        return FAILED
    return int(options.run(options))


@contextmanager
def _streams() -> Iterator[None]:
    """Have streams that take any text; one that the shell closed leads nowhere."""
    before = sys.stdout, sys.stderr
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            # As the lowest free number the system gives it that of the stream which was closed.
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        elif hasattr(stream, "reconfigure"):
            # A name or a caption must not fail for want of a letter in the terminal's alphabet.
            stream.reconfigure(errors="backslashreplace")
    try:
        yield
    finally:
        for name, stream in zip(("stdout", "stderr"), before, strict=True):
            if stream is None:
                getattr(sys, name).close()
                setattr(sys, name, None)


def _after_refusal(error: OSError) -> int | None:
    """Return the exit code where it is a stream that takes no more, which is then told."""
    if isinstance(error, BrokenPipeError):  # Whoever read our output has enough.
        for stream in (sys.stdout, sys.stderr):
            silence(stream)
        return DONE
    try:
        # What was refused need not be in the buffer any more.
        sys.stdout.write("\n")
        sys.stdout.flush()
    except OSError as refusal:
        silence(sys.stdout)  # Else Python would complain once more while it ends.
        return _fail(
            f"Standard output cannot be written ({refusal.strerror or refusal}); send it elsewhere."
        )
    return None


def _fail(sentence: str, code: int = FAILED) -> int:
    with suppress(OSError):
        sys.stderr.write(sentence + "\n")
    return code
