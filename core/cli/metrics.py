"""``aac-studio metrics``: what can be computed here, what is missing, and installing that."""

from __future__ import annotations

import argparse
import re
from typing import Any

from core.cli.output import size, table
from core.cli.parser import actions_of


def add_parser(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the sub-command with its actions."""
    parser = commands.add_parser(
        "metrics",
        parents=[common],
        help="list the caption metrics and install what they need",
        description="The challenge's metrics, computed by the challenge's own code. What is "
        "missing is told and can be installed.",
    )
    action = actions_of(parser, common)
    action("list", "list what can be computed here (default)")
    install = action("install", "install java, meteor, spice, fense or bertscore")
    install.add_argument(
        "names", nargs="+", metavar="NAME", help="java, meteor, spice, fense or bertscore"
    )
    install.add_argument(
        "--mirror",
        metavar="URL",
        type=_address,
        help="where files of SPICE and FENSE lie by their own names, if not at their publishers'",
    )
    parser.set_defaults(run=run)


def _address(text: str) -> str:
    if not re.match(r"(https?|file)://.", text):
        raise argparse.ArgumentTypeError(f"is '{text}' but must begin with https:// or http://")
    return text


def run(options: argparse.Namespace) -> int:
    """Carry out the action."""
    if options.action == "install":
        for name in options.names:
            _install(name, options.mirror or "")
    print(_list())
    return 0


def _install(name: str, mirror: str) -> None:
    from core.cli.progress import ProgressBar
    from core.evaluation.install import install

    with ProgressBar() as bar:
        for event in install(name, mirror):
            bar.move(event.phase, event.done, event.total, size(event.done))


def _list() -> str:
    from core.evaluation import metric_statuses

    rows = []
    for status in metric_statuses():
        metric = status.metric
        state = "ready" if status.available else status.reason
        rows.append((metric.name, metric.title, metric.direction, state))
    return table(("name", "metric", "better", "state"), rows)
