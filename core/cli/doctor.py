"""``aac-studio doctor``: what is there, what is missing, and what to do about it."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "doctor",
        parents=[common],
        help="check this machine and installation",
        description="Check everything AAC Studio needs. The exit code is 1 when something that it "
        "cannot do without is missing.",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print one line a check; return 1 when a required one failed."""
    from core.cli.checks import MISSING, all_checks

    worst = 0
    for check in all_checks():
        state, text = check.result()
        print(f"{state:<10}{check.title}: {text}", flush=True)
        if state == MISSING:
            worst = 1
    return worst
