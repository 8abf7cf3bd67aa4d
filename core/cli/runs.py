"""``aac-studio runs``: list, show, rename, delete, export and import runs."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from core.cli.output import figure, figures, size, table
from core.cli.parser import actions_of
from core.errors import RunFolderError
from core.events import EpochEnded, PreviewCaptioned
from core.runs import RunFolder, RunSummary, list_runs, summarize
from core.runs.folder import find_run
from core.wording import count_text


def add_parser(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "runs",
        parents=[common],
        help="list and manage runs",
        description="List runs, the newest first, or manage one of them.",
    )
    parser.set_defaults(run=_list)
    action = actions_of(parser, common)
    action("list", "list all runs (default)", _list)
    show = action("show", "show one run", _show)
    rename = action("rename", "give a run another title", _rename)
    delete = action("delete", "move a run to the system's bin", _delete)
    delete.add_argument("--yes", action="store_true", help="do not ask")
    export = action("export", "write a run into one zip file", _export)
    for one in (show, rename, delete, export):
        one.add_argument("name", metavar="RUN", help="as 'aac-studio runs' lists it, or its folder")
    rename.add_argument("title", metavar="TITLE", help="an empty title takes it back")
    export.add_argument("archive", metavar="FILE", help="the zip file to write")
    taken = action("import", "take in an exported run", _import)
    taken.add_argument("archive", metavar="FILE", help="a zip file that 'runs export' wrote")


def _list(options: argparse.Namespace) -> int:
    summaries = list(list_runs())
    if not summaries:
        print("There is no run yet; 'aac-studio train' makes one.")
        return 0
    print(table(("run", "title", "state", "epoch", "best"), [_row(item) for item in summaries]))
    for item in summaries:
        if item.problem:
            print(f"{item.run.name}: {item.problem}", file=sys.stderr)
    return 0


def _row(item: RunSummary) -> tuple[str, ...]:
    best = "" if item.best is None else f"{item.monitor} {figure(item.best)}"
    return item.run.name, item.run.label(), item.state, f"{item.epoch}/{item.epochs}", best


def _show(options: argparse.Namespace) -> int:
    from core.runs.transfer import folder_size

    run = find_run(options.name)
    item = summarize(run)
    length, files = folder_size(run.path)
    rows = [
        ("title", item.title),
        ("folder", str(run.path)),
        ("state", item.state + (f": {item.problem}" if item.problem else "")),
        ("epochs", f"{item.epoch} of {item.epochs}, {count_text(item.step, 'step')}"),
        ("size", f"{size(length)} in {count_text(files, 'file')}"),
    ]
    if item.config is not None:
        terms = " + ".join(["CE", *(term.name for term in item.config.objectives)])
        data = item.config.data
        rows.insert(1, ("trains", f"{terms} on {data.dataset} through {data.encoder}"))
    if item.started:
        rows.append(("started", f"{datetime.fromtimestamp(item.started):%Y-%m-%d %H:%M:%S}"))
    if item.best is not None:
        rows.append(("best", f"{item.monitor} {figure(item.best)}"))
    if item.metrics:
        rows.append(("validation", figures(item.metrics)))
    rows += _last_epoch(run) + _checkpoints(run)
    print("\n".join(f"{name:<12}{value}" for name, value in rows))
    previews = [event for _, event in run.previews.read_all()]
    latest = [event for event in previews if isinstance(event, PreviewCaptioned)]
    for event in (item for item in latest if item.epoch == latest[-1].epoch):
        print(f"  {event.clip}: {event.caption}")
    return 0


def _last_epoch(run: RunFolder) -> list[tuple[str, str]]:
    epochs = [event for _, event in run.events.read_all() if isinstance(event, EpochEnded)]
    return [("last epoch", figures(epochs[-1].losses))] if epochs else []


def _checkpoints(run: RunFolder) -> list[tuple[str, str]]:
    present = [path for path in (run.best, run.last) if path.is_file()]
    return [("checkpoint", f"{path} ({size(path.stat().st_size)})") for path in present]


def _rename(options: argparse.Namespace) -> int:
    run = find_run(options.name)
    run.rename(options.title)
    print(f"{run.name} is titled {run.title()}.")
    return 0


def _delete(options: argparse.Namespace) -> int:
    from core.runs.transfer import delete_run

    run = find_run(options.name)
    if not options.yes:
        if not sys.stdin.isatty():
            raise RunFolderError(f"{run.name} was not deleted: nobody can be asked; add --yes.")
        answer = input(f"Move {run.title()} ({run.path}) to the bin? [y/N] ")
        if answer.strip().lower() not in ("y", "yes"):
            print("Nothing was deleted.")
            return 0
    delete_run(run)
    print(f"{run.name} is in the bin.")
    return 0


def _export(options: argparse.Namespace) -> int:
    from core.runs.transfer import export_run

    archive = export_run(find_run(options.name), Path(options.archive).expanduser())
    print(f"{archive} ({size(archive.stat().st_size)})")
    return 0


def _import(options: argparse.Namespace) -> int:
    from core.runs.transfer import import_run

    run = import_run(Path(options.archive).expanduser())
    print(f"Run {run.name}\n{run.path}")
    return 0
