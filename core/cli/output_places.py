"""Where outputs may go: found out before the work, not after it."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from core.cli.output import silence
from core.errors import StudioError
from core.files import is_stream, write_text_atomic

# The name of standard output among outputs.
STANDARD_OUTPUT = Path("-")


def is_standard_output(out: Path) -> bool:
    """Say whether an output goes to standard output, by our name for it or the system's."""
    if out == STANDARD_OUTPUT:
        return True
    try:
        return os.path.samestat(out.stat(), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError, AttributeError):  # None of a file, or no file of the system's.
        return False


def write_text(out: Path, text: str) -> None:
    """Write an output, whole or not at all. Raises `StudioError` where the place refuses it."""
    if is_standard_output(out):
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    try:
        write_text_atomic(out, text)
    except OSError as error:
        raise _refused(out, error) from error


def outputs_of(options: argparse.Namespace, kinds: Iterable[str]) -> dict[str, Path]:
    """Return where the outputs of these kinds go, of those that were asked for."""
    return {kind: Path(out).expanduser() for kind in kinds if (out := getattr(options, kind))}


class Lines:
    """Prints what is found, line by line.

    Where nobody reads any more, or nothing can be written, what `goes_on` does so in silence.
    """

    def __init__(self, goes_on: bool) -> None:
        self._goes_on = goes_on

    def __call__(self, line: str) -> None:
        """Print a line."""
        try:
            print(line, flush=True)
        except OSError as error:
            if not self._goes_on:
                raise
            silence(sys.stdout)
            if not isinstance(error, BrokenPipeError):
                print(
                    f"Standard output cannot be written ({error.strerror or error}); the other "
                    "outputs are written.",
                    file=sys.stderr,
                )


def lines_beside(outs: Collection[Path]) -> Callable[[str], None]:
    """Return what prints lines beside these outputs; nothing where one is standard output."""
    if any(is_standard_output(out) for out in outs):
        return lambda line: None
    return Lines(bool(outs))


def check_places(outs: Sequence[Path], sounds: Iterable[Path] = ()) -> None:
    """Refuse outputs that would replace each other, a sound to be captioned or another sound.

    Raises `StudioError`; nothing is written.
    """
    from core.audio.files import FFMPEG_SUFFIXES, NATIVE_SUFFIXES

    # Not `resolve`, which refuses links that lead in a circle.
    inputs = {os.path.realpath(path) for path in sounds}
    named: set[str] = set()
    for out in outs:
        place = os.path.realpath(out)
        if place in named and not is_stream(out):
            raise StudioError(f"{out} is named for two outputs; give each a file of its own.")
        named.add(place)
        named_so = out.suffix.lower() in (*NATIVE_SUFFIXES, *FFMPEG_SUFFIXES)
        is_sound = named_so and os.path.isfile(out)  # noqa: PTH113
        if place in inputs or is_sound:
            raise StudioError(
                f"{out} is a sound file, which the output would replace; name another file."
            )


def check_writable(out: Path, grows: bool = False) -> None:
    """Find out that an output can be written; its folder is made. Raises `StudioError`.

    One that `grows` is read as well, which no device and no pipe can be.
    """
    if out == STANDARD_OUTPUT or is_stream(out):
        if grows:
            raise StudioError(f"{out} is no file; name one, in which the results can grow.")
        return
    try:
        if out.is_dir():
            raise StudioError(f"{out} is a folder; name a file to write to.")
        _make_folder(out.parent)
        # Says no on a disk that is write-protected, and for names that no disk takes.
        if out.exists() and not os.access(out, os.W_OK):
            raise StudioError(f"{out} is write-protected; name another file.")
        with tempfile.NamedTemporaryFile(prefix=".", suffix=".part", dir=out.parent):
            pass
    except OSError as error:
        raise _refused(out, error) from error


def check_folder(out: str | None) -> None:
    """Find out that a folder for outputs can be written; it is made. Raises `StudioError`."""
    if out is None:
        return
    folder = Path(out).expanduser()
    try:
        if folder.exists() and not folder.is_dir():
            raise StudioError(f"{folder} is a file; name a folder to write to.")
        _make_folder(folder)
        with tempfile.NamedTemporaryFile(prefix=".", suffix=".part", dir=folder):
            pass
    except OSError as error:
        raise _refused(folder, error) from error


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StudioError(
            f"The folder {folder} cannot be made ({error.strerror or error}); choose another place."
        ) from error


def _refused(out: Path, error: OSError) -> StudioError:
    return StudioError(
        f"{out} cannot be written ({error.strerror or error}); choose another place."
    )
