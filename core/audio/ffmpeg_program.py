"""The FFmpeg program: the one on the search path, else the one in the package imageio-ffmpeg."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

from core.programs import NO_WINDOW

PACKAGE = "imageio_ffmpeg"
# To be put after "to open ...," or the like.
HOW_TO_INSTALL = "install FFmpeg (pip install imageio-ffmpeg)"

_VERSION = re.compile(r"version (\S+)")
_PATIENCE = 20.0


def find_ffmpeg() -> str | None:
    """Return the path of the program, None where there is none.

    The package is looked for but not imported, and nothing is run: this takes well under a
    millisecond, and sees what was installed since the last call.
    """
    return _on_search_path() or _in_package()


def available() -> bool:
    """Whether there is an FFmpeg program."""
    return find_ffmpeg() is not None


def ffmpeg_version(program: str) -> str:
    """Return what a program says of its version.

    Raises
    ------
    OSError, subprocess.SubprocessError, ValueError
        It does not start, fails, or says something else.
    """
    told = subprocess.run(
        [program, "-version"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_PATIENCE,
        check=True,
        creationflags=NO_WINDOW,
    ).stdout.decode("utf-8", "replace")
    found = _VERSION.search(told)
    if found is None:
        raise ValueError("it does not tell its version")
    return found[1]


def _on_search_path() -> str | None:
    return shutil.which("ffmpeg")


def _in_package() -> str | None:
    try:
        package = importlib.util.find_spec(PACKAGE)
    except (ImportError, ValueError):
        return None
    for place in (package and package.submodule_search_locations) or ():
        for file in sorted(Path(place, "binaries").glob("ffmpeg-*")):
            # For a path this only asks whether it may be run.
            if program := shutil.which(str(file)):
                return program
    return None
