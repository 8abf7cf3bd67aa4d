"""The option that names a checkpoint, shared by the commands that use one."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.errors import CheckpointError
from core.models.checkpoint_files import find_checkpoint, list_checkpoints


def add_checkpoint_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--checkpoint``."""
    parser.add_argument(
        "--checkpoint",
        metavar="NAME",
        help="checkpoint file, run, or name of an imported or built-in checkpoint "
        "(default: the best one of the newest run, else an imported or built-in one)",
    )


def chosen_checkpoint(name: str | None) -> Path:
    """Return the file meant by the option. Raises `CheckpointError` when there is none."""
    if name is not None:
        return find_checkpoint(name)
    usable = [item for item in list_checkpoints() if item.usable and item.kind != "last"]
    if not usable:
        raise CheckpointError(
            "There is no checkpoint yet; train one with 'aac-studio train', or name a file "
            "with --checkpoint."
        )
    return usable[0].path
