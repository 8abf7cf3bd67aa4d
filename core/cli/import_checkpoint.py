"""``aac-studio import-checkpoint``: take in a checkpoint of ours or of the DCASE 2024 baseline."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.errors import CheckpointError


def add_parser(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "import-checkpoint",
        parents=[common],
        help="take in a checkpoint from somewhere else",
        description="Copy a .safetensors checkpoint of AAC Studio among the imported ones, or "
        "convert a .ckpt of the DCASE 2024 Task 6 baseline with its tokenizer.json. Nothing in "
        "the file is executed.",
    )
    parser.add_argument("file", metavar="FILE", help="a .safetensors or .ckpt file")
    parser.add_argument(
        "--tokenizer",
        metavar="FILE",
        help="tokenizer.json of the same run (default: the one beside the .ckpt)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Import and print the new file."""
    from core.models.checkpoint_header import read_checkpoint_info
    from core.models.checkpoint_transfer import (
        convert_reference,
        import_checkpoint,
        tokenizer_beside,
    )

    source = Path(options.file).expanduser()
    if source.suffix != ".ckpt":
        target = import_checkpoint(source)
    else:
        if not source.is_file():
            raise CheckpointError(f"There is no file {source}; check its name and its drive.")
        chosen = options.tokenizer
        tokenizer = Path(chosen).expanduser() if chosen else tokenizer_beside(source)
        if tokenizer is None:
            raise CheckpointError(
                f"There is no tokenizer.json beside {source}; name the one of its run with "
                "--tokenizer."
            )
        target = convert_reference(source, tokenizer)
    header = read_checkpoint_info(target)
    print(f"{target}\n{header.parameters:,} parameters, {header.vocabulary_size:,} tokens")
    if header.info.notes:
        print(header.info.notes)
    return 0
