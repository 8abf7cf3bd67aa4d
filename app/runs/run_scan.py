"""Looking through the folders of runs: what each is, how far it is, whether it is being written.

All of it is for worker threads; a scan stops after a quarter of a second and is then gone on with.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from core import paths
from core.errors import StudioError
from core.events import RunEnded, RunStarted
from core.files import read_json
from core.runs import RunFolder, RunSummary, summarize
from core.runs.folder import is_alive

SCAN_SECONDS = 0.25
LONG = 1 << 23


@dataclass
class Known:
    """What the last scan found out about a folder, and what that cost."""

    stamp: tuple[float, ...] = ()
    summary: RunSummary | None = None
    cost: float = 0.0
    at: float = 0.0
    alive: bool = False
    experiment: str = ""


@dataclass
class Scan:
    """The result of one scan: everything known, and whether folders were left for the next."""

    known: dict[str, Known] = field(default_factory=dict)
    unfinished: bool = False


def scan_folders(
    extra: list[Path], known: dict[str, Known], watched: set[str], loading: set[str]
) -> Scan:
    """Summarise what changed, for a quarter of a second at most. Runs in a worker thread."""
    began = time.monotonic()
    folders = [item for item in paths.runs_dir().iterdir() if item.is_dir()]
    folders = sorted(folders, key=lambda item: item.name, reverse=True) + extra
    scan = Scan()
    for folder in folders:
        key, run = str(folder), RunFolder(folder)
        if not run.config_file.is_file():
            continue
        old = known.get(key, Known())
        stamp, alive, now = _stamp(run), is_alive(run), time.monotonic()
        changed = stamp != old.stamp or alive != old.alive
        # A long run that grows all the time is summarised seldom; if watched, not at all.
        grows = alive and old.alive and old.summary is not None and old.stamp != ()
        if grows and (key in watched or now - old.at < 20 * old.cost):
            changed = False
        # Its curves come first.
        if key in loading and stamp[0] > LONG and old.summary is not None:
            changed = False
        if changed and now - began > SCAN_SECONDS:
            scan.unfinished = True
            changed = False
        if not changed:
            if old.summary is not None:
                scan.known[key] = old
            continue
        if old.summary is None and stamp[0] > LONG:
            # Its events are counted in the next turn, or once its curves are there.
            summary = glance(run)
            scan.known[key] = Known((), summary, 0.0, now, alive, experiment_title(summary))
            scan.unfinished = True
            continue
        summary = summarize(run)
        cost = time.monotonic() - now
        scan.known[key] = Known(stamp, summary, cost, now, alive, experiment_title(summary))
    return scan


def _stamp(run: RunFolder) -> tuple[float, ...]:
    """Return numbers that change when the run's events or its title change."""
    stamp: list[float] = []
    for path in (run.events.path, run.path / "label.json", run.config_file):
        try:
            found = path.stat()
            stamp += [found.st_size, found.st_mtime]
        except OSError:
            stamp += [0.0, 0.0]
    return tuple(stamp)


def glance(run: RunFolder) -> RunSummary:
    """Say of a long run what its first and last lines tell. Never raises for a broken folder."""
    summary = RunSummary(run=run, title=run.title())
    try:
        summary.config = run.config()
        summary.epochs = summary.config.training.epochs
        first = next(run.events.read_new(steps=False), None)
        last = run.events.last()
    except (StudioError, OSError):
        return summarize(run)
    if first is not None:
        summary.started, begun = first
        if isinstance(begun, RunStarted):
            summary.epochs = begun.epochs
    if last is not None:
        summary.updated, event = last
        summary.epoch = int(getattr(event, "epoch", 0))
        summary.step = int(getattr(event, "step", 0))
        summary.state = "running" if is_alive(run) else "interrupted"
        if isinstance(event, RunEnded):
            summary.state = event.reason
            summary.problem = event.message if event.reason == "failed" else ""
    return summary


def experiment_title(summary: RunSummary) -> str:
    """Return the title of the experiment that a run belongs to, "" for none."""
    name = summary.config.experiment if summary.config is not None else ""
    if not name:
        return ""
    from core.experiments.plan import EXPERIMENT_FILE

    try:
        return str(read_json(paths.experiments_dir() / name / EXPERIMENT_FILE)["title"])
    except (OSError, ValueError, KeyError, TypeError):
        return name
