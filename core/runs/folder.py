"""Making, finding and reading run folders.

A run can be reopened, resumed, compared, exported or deleted from its folder alone; the layout is
drawn in the README's architecture section.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from core import paths
from core.config import RunConfig, load_config, save_config
from core.errors import RunFolderError, StudioError
from core.events import (
    CheckpointSaved,
    EpochEnded,
    Paused,
    RunEnded,
    RunPaused,
    RunStarted,
    ValidationEnded,
    ValidationScored,
)
from core.files import read_json, words_for_path, write_json_atomic
from core.runs.events_file import EventsFile
from core.runs.history import effective
from core.wording import day_text, did_you_mean


@dataclass(frozen=True)
class RunFolder:
    """Paths of one run. Nothing is read until asked for."""

    path: Path

    @property
    def name(self) -> str:
        """The folder's name, unique among the runs."""
        return self.path.name

    @property
    def config_file(self) -> Path:
        """The resolved configuration."""
        return self.path / "config.json"

    @property
    def environment_file(self) -> Path:
        """Versions, device and command line the run was started with."""
        return self.path / "environment.json"

    @property
    def tokenizer_file(self) -> Path:
        """The vocabulary, written before the first step."""
        return self.path / "tokenizer.json"

    @property
    def events(self) -> EventsFile:
        """A fresh reader of the run's events."""
        return EventsFile(self.path / "events.jsonl")

    @property
    def previews(self) -> EventsFile:
        """A fresh reader of the preview captions."""
        return EventsFile(self.path / "previews.jsonl")

    @property
    def maps(self) -> EventsFile:
        """A fresh reader of the maps of validation captions."""
        return EventsFile(self.path / "maps.jsonl")

    @property
    def log_file(self) -> Path:
        """Plain text: warnings, and the traceback of a failure."""
        return self.path / "log.txt"

    @property
    def checkpoints(self) -> Path:
        """Folder of best.safetensors, last.safetensors and last.state.pt."""
        return self.path / "checkpoints"

    @property
    def best(self) -> Path:
        """Weights of the best validation."""
        return self.checkpoints / "best.safetensors"

    @property
    def last(self) -> Path:
        """Weights of the last epoch, or of the moment the run was stopped."""
        return self.checkpoints / "last.safetensors"

    @property
    def state(self) -> Path:
        """What a resumed run needs beside the last weights: optimiser moments and position."""
        return self.checkpoints / "last.state.pt"

    @property
    def previous_state(self) -> Path:
        """The state before the last one, for when that one turns out to be damaged."""
        return self.checkpoints / "last.previous.state.pt"

    def epoch_checkpoint(self, epochs: int) -> Path:
        """Weights kept after that many epochs."""
        return self.checkpoints / f"epoch-{epochs}.safetensors"

    def epoch_state(self, epochs: int) -> Path:
        """State kept after that many epochs, from which other runs can branch."""
        return self.checkpoints / f"epoch-{epochs}.state.pt"

    @property
    def evaluation(self) -> Path:
        """Folder of scores.json and captions.csv, one sub-folder a split."""
        return self.path / "evaluation"

    def config(self) -> RunConfig:
        """Read the configuration. Raises `ConfigError` when it is missing or wrong."""
        return load_config(self.config_file)

    def label(self) -> str:
        """Return the user's name for the run, "" for none."""
        try:
            title = read_json(self.path / "label.json")["title"]
        except (OSError, ValueError, KeyError, TypeError):
            return ""
        return title.strip() if isinstance(title, str) else ""

    def title(self) -> str:
        """Return the user's name for the run, else the folder's, its date put as people do."""
        return self.label() or _readable(self.name)

    def rename(self, title: str) -> None:
        """Give the run a name of the user's; the folder keeps its own."""
        write_json_atomic(self.path / "label.json", {"title": title})


@dataclass
class RunSummary:
    """What lists show of a run. `problem` is a sentence when the folder cannot be read."""

    run: RunFolder
    title: str
    state: str = "unknown"
    config: RunConfig | None = None
    epochs: int = 0
    epoch: int = 0
    step: int = 0
    best: float | None = None
    monitor: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    started: float = 0.0
    updated: float = 0.0
    problem: str = ""


def _readable(name: str) -> str:
    """Write "2026-11-22_22-38-06_starter-ce" as "starter-ce · 22 Nov 22:38:06"."""
    stamp, _, words = name.partition("_")
    clock, _, words = words.partition("_")
    try:
        then = datetime.strptime(f"{stamp} {clock}", "%Y-%m-%d %H-%M-%S")
    except ValueError:
        return name
    return f"{words} · {day_text(then)} {then:%H:%M:%S}" if words else name


def create_run(
    config: RunConfig, parent: Path | None = None, now: datetime | None = None
) -> RunFolder:
    """Make a new run folder named by time and name, and write its configuration.

    Raises `RunFolderError` when the disk refuses.
    """
    parent = parent or paths.runs_dir()
    stamp = (now or datetime.now()).strftime("%Y-%m-%d_%H-%M-%S")
    words = words_for_path(config.name or config.preset)
    base = f"{stamp}_{words or 'run'}"
    for attempt in range(1, 1000):
        folder = parent / (base if attempt == 1 else f"{base}-{attempt}")
        run = RunFolder(folder)
        try:
            folder.mkdir(parents=True)
            run.checkpoints.mkdir()
            save_config(config, run.config_file)
            if config.name:
                run.rename(config.name)
        except FileExistsError:
            continue
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise RunFolderError(
                f"The run folder {folder} cannot be written ({error.strerror or error}); free some "
                "space, or check that you may write there."
            ) from error
        return run
    raise RunFolderError(f"{parent} already holds 999 runs named {base}; choose another name.")


def open_run(path: Path) -> RunFolder:
    """Open an existing run folder by its path. Raises `RunFolderError` when it is none."""
    if not path.is_dir():
        raise RunFolderError(f"{path} is no run folder: there is no such folder.")
    if not (path / "config.json").is_file():
        raise RunFolderError(f"{path} is no run folder: config.json is missing.")
    return RunFolder(path)


def find_run(name: str) -> RunFolder:
    """Open a run by its path or by its name under the runs folder. Raises `RunFolderError`."""
    if not name.strip():
        raise RunFolderError("The name of the run is empty; 'aac-studio runs' lists them.")
    for folder in (Path(name).expanduser(), paths.runs_dir() / name):
        # Of os.path, for a name that no disk can have is one of nothing to it.
        if os.path.isdir(folder):  # noqa: PTH112
            return open_run(folder)
    close = did_you_mean(name, (path.name for path in paths.runs_dir().iterdir()))
    raise RunFolderError(
        f"There is no run named {name}{close or ';'} 'aac-studio runs' lists them."
    )


def list_runs(parent: Path | None = None) -> Iterator[RunSummary]:
    """Yield a summary of every run folder, the newest first; broken ones carry their problem."""
    parent = parent or paths.runs_dir()
    if not parent.is_dir():
        return
    for folder in sorted((item for item in parent.iterdir() if item.is_dir()), reverse=True):
        yield summarize(RunFolder(folder))


def summarize(run: RunFolder) -> RunSummary:
    """Read what lists show of one run. Never raises for a broken folder."""
    summary = RunSummary(run=run, title=run.title())
    try:
        summary.config = run.config()
        summary.epochs = summary.config.training.epochs
    except StudioError as error:
        summary.problem = str(error)
        summary.state = "unreadable"
        return summary
    started = False
    try:
        for time, event in effective(run.events.read_all(steps=False)):
            summary.started = summary.started or time
            summary.updated = time
            if isinstance(event, RunStarted):
                started, summary.state = True, "running"
                summary.epochs = event.epochs
            elif isinstance(event, EpochEnded):
                summary.epoch, summary.step = event.epoch + 1, event.step
            elif isinstance(event, ValidationEnded):
                # Scores of this validation may come later; until then those before it stand.
                summary.metrics = {**summary.metrics, **event.losses, **event.metrics}
            elif isinstance(event, ValidationScored):
                summary.metrics = {**summary.metrics, **event.metrics}
            elif isinstance(event, CheckpointSaved) and event.kind == "best":
                summary.best, summary.monitor = event.value, event.monitor
            elif isinstance(event, RunPaused):
                summary.state = "paused"
            elif isinstance(event, Paused) and summary.state == "paused":
                summary.state = "running"
            elif isinstance(event, RunEnded):
                summary.state = event.reason
                summary.problem = event.message if event.reason == "failed" else ""
    except RunFolderError as error:
        summary.problem = str(error)
        summary.state = "unreadable"
    except OSError as error:
        summary.problem = f"{run.path} cannot be read ({error})."
        summary.state = "unreadable"
    if not started and summary.state == "unknown":
        summary.state = "not started"
    if summary.state in ("running", "paused") and not is_alive(run):
        summary.state = "interrupted"
    return summary


def is_alive(run: RunFolder) -> bool:
    """Say whether the process that writes this run still lives (on this machine)."""
    from core.runs.owner import owner_is_alive

    return owner_is_alive(run.path)
