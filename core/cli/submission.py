"""``aac-studio submission``: the challenge's files for the test set, and checking them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.cli.checkpoint_option import (
    add_checkpoint_option,
    add_device_option,
    chosen_checkpoint,
)
from core.cli.exit_codes import SOME_FAILED
from core.cli.numbers import whole
from core.cli.output_places import check_folder
from core.cli.parser import actions_of
from core.errors import StudioError


def add_parser(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the sub-command with its actions."""
    parser = commands.add_parser(
        "submission",
        parents=[common],
        help="write or check the files of a DCASE submission",
        description="Caption Clotho's test set and write the files that DCASE task 6 takes.",
    )
    action = actions_of(parser, common, required=True)
    make = action("make", "caption and write the files")
    add_checkpoint_option(make)
    for name, text in (
        ("--last-name", "of the corresponding author"),
        ("--first-name", "of the corresponding author"),
        ("--email", "of the corresponding author"),
        ("--institute", "full name of the institute"),
        ("--abbreviation", "of the institute's name"),
        ("--location", "city and country of the institute"),
        ("--system", "name of the system"),
    ):
        make.add_argument(name, required=True, metavar="TEXT", help=text)
    make.add_argument(
        "--number",
        type=whole(1, 4),
        default=1,
        metavar="N",
        help="which of your submissions this is, 1 to 4 (default: 1)",
    )
    add_device_option(make)
    check = action("check", "check files made before")
    for parser_of, place in ((make, "where the files go"), (check, "where the files are")):
        parser_of.add_argument("folder", metavar="FOLDER", help=place)
        parser_of.add_argument(
            "--dataset",
            metavar="NAME",
            default="clotho",
            help="as 'aac-studio data' lists it (default: clotho)",
        )
        parser_of.add_argument(
            "--root",
            default="",
            metavar="FOLDER",
            help="where the dataset lies (default: its known place)",
        )
        parser_of.add_argument(
            "--splits",
            nargs="+",
            metavar="NAME",
            default=["test"],
            help="test, analysis or both (default: test)",
        )
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
    check_folder(options.folder)
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
                bar.warn(event.message)
            elif isinstance(event, Noted):
                bar.line(event.message)
    return 0


def _check(options: argparse.Namespace) -> int:
    from core.data.datasets import open_dataset
    from core.evaluation.submission import check_submission

    folder = Path(options.folder).expanduser()
    if not folder.is_dir():
        raise StudioError(f"There is no folder {folder}; name the one that holds the files.")
    dataset = open_dataset(options.dataset, options.root or None)
    clips = {split: [clip.id for clip in dataset.clips(split)] for split in options.splits}
    problems = check_submission(folder, clips)
    for problem in problems:
        print(problem)
    if not problems:
        print("The files are as the challenge takes them.")
    return SOME_FAILED if problems else 0
