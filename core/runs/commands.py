"""What a running training is asked to do, by whoever can write into its folder.

A request is a small file in the sub-folder ``commands`` of the run folder, so that it reaches a run
of this process, of another one or of another machine. The trainer looks between two steps: the
sub-folder is there only while something is asked for, so looking costs one failed system call.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Literal, get_args

from core.errors import RunFolderError
from core.runs.owner import owner_is_alive

Command = Literal["save", "preview", "validate", "stop", "pause", "continue"]
COMMANDS: tuple[Command, ...] = get_args(Command)

_FOLDER = "commands"


def request(run_folder: Path, command: Command) -> None:
    """Ask the process that writes a run folder for something.

    "save" writes the state now, "preview" captions the preview clips, "validate" validates, "stop"
    saves and ends the run, "pause" holds it until "continue".

    Raises
    ------
    RunFolderError
        Nothing writes the run, so nobody would hear; or the folder cannot be written.
    ValueError
        For an unknown command.
    """
    if command not in COMMANDS:
        raise ValueError(f"'{command}' is not a command; there are {', '.join(COMMANDS)}")
    if not owner_is_alive(run_folder):
        raise RunFolderError(
            f"{run_folder.name} is not being trained now, so it cannot {command}; resume it first."
        )
    folder = run_folder / _FOLDER
    name = f"{time.time_ns():020d}-{os.getpid()}-{command}"
    try:
        while True:
            folder.mkdir(exist_ok=True)
            try:
                (folder / name).touch()
                return
            except FileNotFoundError:
                continue  # The trainer has just removed the empty folder.
    except OSError as error:
        raise RunFolderError(
            f"{run_folder} cannot be asked to {command} ({error.strerror or error}); check who "
            "may write there."
        ) from error


def take(run_folder: Path) -> tuple[Command, ...]:
    """Return what was asked for since the last call, the oldest first; each is told once."""
    folder = run_folder / _FOLDER
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - the cheapest look there is
    except OSError:
        return ()
    taken: list[Command] = []
    for name in names:
        command = name.rpartition("-")[2]
        try:
            (folder / name).unlink()
        except OSError:
            continue  # Another reader took it.
        taken += [known for known in COMMANDS if known == command]
    with suppress(OSError):  # Somebody may just have asked for more.
        folder.rmdir()
    return tuple(taken)


def discard(run_folder: Path) -> None:
    """Forget what was asked of an earlier process, which ended before it looked."""
    take(run_folder)
