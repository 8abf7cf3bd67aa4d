"""``aac-studio score``: score a table of anyone's captions."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.cli.output_places import check_folder
from core.cli.score_report import (
    add_dataset_options,
    add_metrics_option,
    chosen_metrics,
    follow,
)

_EXAMPLES = """
example:
  aac-studio score their-captions.csv --dataset clotho --split evaluation
"""


def add_parser(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "score",
        parents=[common],
        help="score a table of captions of any system",
        description="Score captions from a CSV file (columns file_name and caption_predicted, as "
        "the challenge has them; other usual names, delimiters and encodings are understood).",
    )
    parser.more_help = lambda: _EXAMPLES
    parser.add_argument("table", metavar="CSV", help="the captions")
    add_dataset_options(parser)
    parser.add_argument(
        "--title", metavar="TEXT", default="", help="the system's name (default: the file's)"
    )
    parser.add_argument(
        "--out",
        metavar="FOLDER",
        help="where scores and captions are kept (default: the home's evaluation folder)",
    )
    add_metrics_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Score and print the table."""
    from core.evaluation import score_table

    check_folder(options.out)
    return follow(
        score_table(
            Path(options.table).expanduser(),
            options.dataset,
            options.split,
            Path(options.out).expanduser() if options.out else None,
            root=options.root,
            title=options.title,
            metrics=chosen_metrics(options),
        )
    )
