"""``aac-studio queue``: runs that wait their turn."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from core.cli.exit_codes import INTERRUPTED
from core.cli.numbers import whole
from core.cli.output import interruptible, path_text, table
from core.cli.parser import actions_of
from core.cli.train import add_run_options, run_configuration
from core.errors import ConfigError
from core.events import RunStarted
from core.runs import RunFolder
from core.runs.folder import find_run
from core.runs.queue import DAMAGED, RunQueue


def add_parser(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the sub-command."""
    parser = commands.add_parser(
        "queue",
        parents=[common],
        help="runs that wait their turn",
        description="Queue runs and work through the queue. The app shows and runs the same one.",
    )
    parser.set_defaults(run=_list)
    action = actions_of(parser, common)
    action("list", "list what waits, runs and has ended (default)", _list)
    add = action("add", "queue a run; takes the options of 'aac-studio train'", _add)
    add_run_options(add)
    add.add_argument("--after", metavar="ID", default="", help="wait for this entry to finish")
    action(
        "run",
        "train what waits, one after the other",
        _run,
        "Ctrl+C stops and saves; it then waits.",
    )
    remove = action("remove", "take an entry out", _remove)
    move = action("move", "move an entry to another place", _move)
    retry = action("retry", "let an ended entry wait again", _retry)
    for one in (remove, move, retry):
        one.add_argument("id", metavar="ID", help="as 'aac-studio queue' lists it")
    move.add_argument("place", metavar="PLACE", type=whole(1), help="1 is the first")
    action("clear", "drop the entries that have ended", _clear)


def _list(options: argparse.Namespace) -> int:
    queue = RunQueue()
    entries = queue.entries()
    damaged = queue.path.with_name(DAMAGED)
    if damaged.exists():
        print(
            f"An earlier queue that could not be read is kept in {path_text(damaged)}; delete the "
            "file when nothing in it matters.",
            file=sys.stderr,
        )
    if not entries:
        print("Nothing is queued; 'aac-studio queue add' queues a run.")
        return 0
    rows = []
    for entry in entries:
        after = f"after {entry.after}" if entry.after and entry.state == "queued" else ""
        where = Path(entry.run or entry.resume).name
        rows.append((entry.id, entry.state, entry.title, entry.problem or after or where))
    print(table(("id", "state", "title", ""), rows))
    return 0


def _add(options: argparse.Namespace) -> int:
    if options.list_settings:
        raise ConfigError("'aac-studio train --list-settings' lists the settings.")
    config = run_configuration(options)
    queue = RunQueue()
    if options.after and options.after not in (entry.id for entry in queue.entries()):
        raise ConfigError(
            f"The queue has no entry {options.after} to wait for; 'aac-studio queue list' shows "
            "what it has."
        )
    if options.resume is not None:
        path = find_run(options.resume).path.absolute()
        new = queue.add(resume=str(path), after=options.after)
    else:
        new = queue.add(config, after=options.after)
    print(f"Queued as {new}; 'aac-studio queue run' trains what waits.")
    return 0


def _run(options: argparse.Namespace) -> int:
    queue = RunQueue()
    before = {entry.id: entry.state for entry in queue.entries()}
    if "queued" not in before.values():
        print("Nothing waits in the queue.")
        return 0
    with interruptible() as interrupt:
        from core.cli.train_report import TrainReport
        from core.training.queue_runner import run_queue

        events = run_queue(queue)
        with TrainReport(RunFolder(Path())) as report:
            for event in events:
                if isinstance(event, RunStarted):
                    report.follow(_running(queue))
                report.show(event)
                if interrupt:
                    report.stopping()
                    events.close()  # type: ignore[attr-defined]
                    print("Stopped; 'aac-studio queue run' continues from here.")
                    return INTERRUPTED
    entries = [item for item in queue.entries() if before.get(item.id) == "queued"]
    if any(item.state == "queued" for item in entries):
        print("What still waits needs a run that another process is training.")
    return int(any(item.state == "failed" for item in entries))


def _running(queue: RunQueue) -> RunFolder:
    return RunFolder(Path(next(item.run for item in queue.entries() if item.state == "running")))


def _remove(options: argparse.Namespace) -> int:
    RunQueue().remove(options.id)
    return _list(options)


def _move(options: argparse.Namespace) -> int:
    RunQueue().move(options.id, options.place - 1)
    return _list(options)


def _retry(options: argparse.Namespace) -> int:
    RunQueue().requeue(options.id)
    return _list(options)


def _clear(options: argparse.Namespace) -> int:
    RunQueue().clear_ended()
    return _list(options)
