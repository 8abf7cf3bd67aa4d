"""``aac-studio weights``: published encoder weights and checkpoints, and where they are."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.cli.output import size, table
from core.cli.parser import actions_of


def add_parser(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the sub-command with its actions."""
    parser = commands.add_parser(
        "weights",
        parents=[common],
        help="list, download or point at published weights",
        description="Published files that AAC Studio knows. Downloads are resumed and verified.",
    )
    action = actions_of(parser, common)
    action("list", "list what is known and what is here (default)")
    download = action("download", "download a file")
    download.add_argument("name", metavar="NAME", help="as 'aac-studio weights' lists it")
    use = action("use", "use a file that is here already")
    use.add_argument("name", metavar="NAME", help="as 'aac-studio weights' lists it")
    use.add_argument("file", metavar="FILE", help="the file; its checksum must be the published")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the action."""
    from core.models.weights import use_local_file

    if options.action == "download":
        _download(options.name)
    elif options.action == "use":
        print(use_local_file(options.name, Path(options.file).expanduser()))
    else:
        print(_list())
    return 0


def _download(name: str) -> None:
    from core.cli.progress import ProgressBar
    from core.models.download import download_weights
    from core.models.weights import find_weights, installed_path

    weights = find_weights(name)
    print(f"{weights.title}\n{weights.url}\nLicence: {weights.licence}", flush=True)
    with ProgressBar() as bar:
        for event in download_weights(name):
            bar.move(event.phase, event.done, event.total, event.message)
    print(installed_path(name))


def _list() -> str:
    from core.models.weights import known_weights, weights_status

    rows = []
    for weights in known_weights():
        status = weights_status(weights)
        if status.path:
            shown, where = size(status.size), str(status.path)
        else:
            about = "" if weights.size else "about "
            shown, where = f"{about}{size(weights.expected_size)}", weights.url
        rows.append((weights.name, status.state, shown, where))
    return table(("name", "state", "size", "file or address"), rows)
