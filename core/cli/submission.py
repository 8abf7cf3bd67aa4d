"""``aac-studio submission``: the challenge's files for the test set, and checking them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.cli.checkpoint_option import add_checkpoint_option, chosen_checkpoint
from core.cli.exit_codes import SOME_FAILED


def add_parser(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the sub-command with its own two."""
    parser = commands.add_parser(
        "submission",
        parents=[common],
        help="write or check the files of a DCASE submission",
        description="Caption Clotho's test set and write the files that DCASE task 6 takes.",
    )
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    make = actions.add_parser("make", parents=[common], help="caption and write the files")
    add_checkpoint_option(make)
    for name, text in (
        ("--last-name", "of the corresponding author"),
        ("--first-name", "of the corresponding author"),
        ("--email", "of the corresponding author"),
        ("--institute", "full name"),
        ("--abbreviation", "of the institute"),
        ("--location", "city and country of the institute"),
        ("--system", "name of the system"),
    ):
        make.add_argument(name, required=True, metavar="TEXT", help=text)
    make.add_argument("--number", type=int, default=1, metavar="N", help="1 to 4; default: 1")
    make.add_argument("--device", default="auto", help="auto, cpu, mps or cuda:0")
    check = actions.add_parser("check", parents=[common], help="check files made before")
    for action in (make, check):
        action.add_argument("folder", help="where the files are")
        action.add_argument("--dataset", default="clotho", help="default: clotho")
        action.add_argument("--root", default="", metavar="FOLDER", help="where the dataset lies")
        action.add_argument("--splits", nargs="+", default=["test"], help="test, analysis")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the action."""
    return _make(options) if options.action == "make" else _check(options)


def _make(options: argparse.Namespace) -> int:
    from core.cli.progress import ProgressBar
    from core.evaluation.submission import Submitter, make_submission
    from core.events import Noted, Progress, Warned

    submitter = Submitter(
        options.last_name,
        options.first_name,
        options.email,
        options.institute,
        options.abbreviation,
        options.location,
        options.system,
        options.number,
    )
    events = make_submission(
        chosen_checkpoint(options.checkpoint),
        submitter,
        Path(options.folder).expanduser(),
        dataset=options.dataset,
        splits=options.splits,
        root=options.root,
        device=options.device,
    )
    with ProgressBar() as bar:
        for event in events:
            if isinstance(event, Progress):
                bar.move(event.phase, event.done, event.total, event.message)
            elif isinstance(event, Warned):
                bar.line(f"  warning: {event.message}")
            elif isinstance(event, Noted):
                bar.line(event.message)
    return 0


def _check(options: argparse.Namespace) -> int:
    from core.data.datasets import open_dataset
    from core.evaluation.submission import check_submission

    dataset = open_dataset(options.dataset, options.root or None)
    clips = {split: [clip.id for clip in dataset.clips(split)] for split in options.splits}
    problems = check_submission(Path(options.folder).expanduser(), clips)
    for problem in problems:
        print(problem)
    if not problems:
        print("The files are as the challenge takes them.")
    return SOME_FAILED if problems else 0
