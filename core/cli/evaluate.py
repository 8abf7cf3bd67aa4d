"""``aac-studio evaluate``: caption a split with a checkpoint and score the captions."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.cli.checkpoint_option import (
    add_checkpoint_option,
    add_decoding_options,
    add_device_option,
    chosen_checkpoint,
    chosen_decoding,
)
from core.cli.numbers import whole
from core.cli.output_places import check_folder
from core.cli.score_report import (
    add_dataset_options,
    add_metrics_option,
    chosen_metrics,
    follow,
)

_EXAMPLES = """
examples:
  aac-studio evaluate --dataset starter-scenes --split test --shuffled-baseline
  aac-studio evaluate --checkpoint starter --metrics quick --clips 50
"""


def add_parser(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "evaluate",
        parents=[common],
        help="score a checkpoint on a dataset",
        description="Caption every clip of a split and score the captions against its references. "
        "What was captioned before a stop is not captioned again.",
    )
    parser.more_help = lambda: _EXAMPLES
    add_checkpoint_option(parser)
    add_dataset_options(parser)
    parser.add_argument(
        "--clips",
        default=0,
        type=whole(0),
        metavar="N",
        help="only the first N clips; 0 takes all (default: 0)",
    )
    add_decoding_options(parser)
    add_device_option(parser)
    parser.add_argument(
        "--out",
        metavar="FOLDER",
        help="where scores and captions are kept (default: the run's evaluation folder)",
    )
    add_metrics_option(parser)
    parser.add_argument(
        "--shuffled-baseline",
        action="store_true",
        help="also score the same captions dealt to other clips: what a deaf model reaches",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Evaluate and print the table."""
    from core.evaluation import evaluate_checkpoint
    from core.models.checkpoint_header import read_checkpoint_info

    check_folder(options.out)
    metrics = chosen_metrics(options)
    checkpoint = chosen_checkpoint(options.checkpoint)
    rules = None
    if options.beam_size is not None or options.strategy is not None:
        rules = chosen_decoding(read_checkpoint_info(checkpoint).config, options)
    print(f"{checkpoint} on {options.dataset}, {options.split}", flush=True)
    return follow(
        evaluate_checkpoint(
            checkpoint,
            options.dataset,
            options.split,
            Path(options.out).expanduser() if options.out else None,
            clips=options.clips,
            device=options.device,
            root=options.root,
            rules=rules,
            baseline=options.shuffled_baseline,
            metrics=metrics,
        )
    )
