"""Options that name a checkpoint, how it decodes and on what, for the commands that use one."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.cli.numbers import whole_setting
from core.config import DecodingConfig, RunConfig, replace_fields
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


def add_device_option(parser: argparse.ArgumentParser, default: str | None = "auto") -> None:
    """Add ``--device``."""
    told = "the preset's, mostly auto" if default is None else default
    parser.add_argument(
        "--device",
        default=default,
        metavar="NAME",
        help=f"auto (the first GPU, else the CPU), cpu, mps or cuda:0 (default: {told})",
    )


def add_decoding_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--beam-size`` and ``--strategy``."""
    parser.add_argument(
        "--beam-size",
        metavar="N",
        type=whole_setting("decoding.beam_size"),
        help="hypotheses kept at a time, 1 to 64 (default: as the checkpoint's run)",
    )
    parser.add_argument(
        "--strategy",
        metavar="NAME",
        choices=("beam", "rerank"),
        help="beam: beam search alone; rerank: beams and samples, ranked also by how well they "
        "agree with the sounds that the encoder hears (default: as the checkpoint's run)",
    )


def chosen_decoding(config: RunConfig, options: argparse.Namespace) -> DecodingConfig:
    """Return how a checkpoint's run decoded, changed by ``--beam-size`` and ``--strategy``."""
    asked = {"beam_size": options.beam_size, "strategy": options.strategy}
    given = {f"decoding.{name}": value for name, value in asked.items() if value is not None}
    return replace_fields(config, given).decoding if given else config.decoding


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
