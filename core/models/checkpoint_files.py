"""Which checkpoints there are: of the runs, imported ones and those shipped. No torch here."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from core import paths
from core.config import RunConfig
from core.errors import CheckpointError, RunFolderError
from core.models.checkpoint_header import CheckpointHeader, read_checkpoint_info
from core.notes import Notes, read_notes
from core.runs import RunFolder
from core.runs.folder import open_run
from core.wording import did_you_mean

SUFFIX = ".safetensors"

_OBJECTIVES = {
    "caption-ntxent": "caption NT-Xent",
    "audio-text-matching": "audio-text matching",
    "audio-text-ntxent": "audio-text NT-Xent",
    "caption-proxy": "caption proxy",
}

CheckpointKind = Literal["best", "last", "epoch", "top", "imported", "built-in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointFile:
    """What lists show of one checkpoint file; `problem` is a sentence when it cannot be used.

    `run` is the name of the run folder (empty for imported and built-in files) and `run_title` the
    user's name for it; `best_value` is the validation figure named `monitor` at the moment of
    saving, `own` what the user has written on it, `epoch` the number of epochs seen, `size` in
    bytes, `modified` in seconds since 1970.
    Titles are not unique: a run's best and last checkpoint share one (see `label`).
    """

    path: Path
    title: str
    kind: CheckpointKind
    run: str = ""
    run_title: str = ""
    encoder: str = ""
    dataset: str = ""
    objective: str = ""
    epoch: int = 0
    step: int = 0
    monitor: str = ""
    best_value: float | None = None
    size: int = 0
    modified: float = 0.0
    parameters: int = 0
    vocabulary_size: int = 0
    dtype: str = ""
    origin: str = ""
    notes: str = ""
    own: Notes = field(default_factory=Notes)
    metrics: dict[str, float] = field(default_factory=dict)
    config: RunConfig | None = field(default=None, repr=False)
    problem: str = ""

    @property
    def label(self) -> str:
        """Title and, for those of a run, which of its checkpoints: "CE, seed 1 · best"."""
        if not self.run:
            return self.title
        kept = {"epoch": f"epoch {self.epoch}", "top": f"among the best, epoch {self.epoch}"}
        return f"{self.title} · {kept.get(self.kind, self.kind)}"

    @property
    def usable(self) -> bool:
        """Whether it can be loaded, as far as its header tells."""
        return not self.problem


def list_checkpoints(builtin: Path | None = None) -> list[CheckpointFile]:
    """Return every checkpoint: of the newest run first, then imported ones, then those shipped.

    `builtin` is the folder of those shipped, by default the program's. A file that cannot be read
    is listed with its problem.
    """
    return [
        *_of_runs(paths.runs_dir()),
        *_of_folder(paths.checkpoints_dir(), "imported"),
        *_of_folder(builtin or paths.resources_dir() / "models", "built-in"),
    ]


def describe_checkpoint(path: Path, kind: CheckpointKind | None = None) -> CheckpointFile:
    """Describe one file. Never raises: what is wrong with it becomes its `problem`."""
    run = _run_of(path)
    if kind is None:
        kind = _kind_in_run(path) if run else "imported"
    run_title = run.title() if run else ""
    own = read_notes(path)
    title = own.title or (run_title if run else _spoken(path.stem))
    try:
        status = path.stat()
        size, modified = status.st_size, status.st_mtime
    except OSError:
        size, modified = 0, 0.0
    try:
        header = read_checkpoint_info(path)
    except CheckpointError as error:
        return CheckpointFile(
            path=path,
            title=title,
            kind=kind,
            run=run.name if run else "",
            run_title=run_title,
            size=size,
            modified=modified,
            own=own,
            problem=str(error),
        )
    config, info = header.config, header.info
    if not run and config.name and not own.title:
        title = config.name
    monitor, value = _monitored(header)
    return CheckpointFile(
        path=path,
        title=title,
        kind=kind,
        run=run.name if run else "",
        run_title=run_title,
        encoder=info.encoder or config.data.encoder,
        dataset=config.data.dataset,
        objective=objective_of(config),
        epoch=info.epoch,
        step=info.step,
        monitor=monitor,
        best_value=value,
        size=size,
        modified=modified,
        parameters=header.parameters,
        vocabulary_size=header.vocabulary_size,
        dtype=header.dtype,
        origin=info.origin,
        notes=info.notes,
        own=own,
        metrics=dict(info.metrics),
        config=config,
    )


def find_checkpoint(name: str) -> Path:
    """Return the checkpoint meant by a path, a run folder or a name.

    A run stands for its best checkpoint, else its last; other names are those of imported and
    shipped files without the suffix. Raises `CheckpointError` when nothing fits.
    """
    if not name.strip():
        raise CheckpointError("The name of the checkpoint is empty; name a file or a run.")
    given = Path(name).expanduser()
    # Of os.path, for a name that no disk can have is one of nothing to it.
    if os.path.isfile(given):  # noqa: PTH113
        return given
    for folder in (given, paths.runs_dir() / name):
        if os.path.isdir(folder):  # noqa: PTH112
            try:
                run = open_run(folder)
            except RunFolderError as error:
                raise CheckpointError(str(error)) from error
            for path in (run.best, run.last):
                if path.is_file():
                    return path
            raise CheckpointError(
                f"The run {folder.name} has no checkpoint yet; train it for one epoch first."
            )
    shipped = paths.resources_dir() / "models"
    for folder in (paths.checkpoints_dir(), shipped / name):
        path = folder / f"{name}{SUFFIX}"
        if os.path.isfile(path):  # noqa: PTH113
            return path
    known = [folder.name for folder in _subfolders(paths.runs_dir())]
    known += [path.stem for path in _shipped(shipped)]
    known += [path.stem for path in paths.checkpoints_dir().glob(f"*{SUFFIX}")]
    close = did_you_mean(name, known) or ";"
    raise CheckpointError(
        f"There is no checkpoint or run named {name}{close} 'aac-studio runs' lists the runs."
    )


def objective_of(config: RunConfig) -> str:
    """Name what a run minimises, as "CE" or "CE + caption NT-Xent"."""
    terms = (_OBJECTIVES.get(term.name, term.name) for term in config.objectives)
    return " + ".join(["CE", *terms])


def _of_runs(folder: Path) -> Iterator[CheckpointFile]:
    for path in sorted(_subfolders(folder), reverse=True):
        run = RunFolder(path)
        kept = [*run.checkpoints.glob(f"epoch-*{SUFFIX}"), *run.checkpoints.glob(f"top-*{SUFFIX}")]
        numbered = sorted(item for item in kept if re.fullmatch(r"[a-z]+-\d+", item.stem))
        for file in (run.best, run.last, *sorted(numbered, key=_number)):
            if file.is_file():
                yield describe_checkpoint(file, _kind_in_run(file))


def _kind_in_run(path: Path) -> CheckpointKind:
    """Tell which of a run's checkpoints a file is, from its name."""
    kinds: dict[str, CheckpointKind] = {"last": "last", "epoch": "epoch", "top": "top"}
    return kinds.get(path.stem.partition("-")[0], "best")


def _number(path: Path) -> int:
    return int(path.stem.partition("-")[2])


def _of_folder(folder: Path, kind: CheckpointKind) -> Iterator[CheckpointFile]:
    try:
        files = _shipped(folder) if kind == "built-in" else sorted(folder.glob(f"*{SUFFIX}"))
    except OSError:
        return
    for path in files:
        # A hidden name is a file that is just being written.
        if path.is_file() and not path.name.startswith("."):
            yield describe_checkpoint(path, kind)


def _shipped(folder: Path) -> list[Path]:
    # Each lies in a folder of its name, with its model card and what else it needs.
    return sorted(path for path in folder.glob(f"*/*{SUFFIX}") if path.stem == path.parent.name)


def _subfolders(folder: Path) -> list[Path]:
    try:
        return [item for item in folder.iterdir() if item.is_dir()]
    except OSError:
        return []


def _run_of(path: Path) -> RunFolder | None:
    folder = path.parent
    if folder.name == "checkpoints" and (folder.parent / "config.json").is_file():
        return RunFolder(folder.parent)
    return None


def _monitored(header: CheckpointHeader) -> tuple[str, float | None]:
    wanted = header.config.validation.monitor
    names = ("cider_d",) if wanted == "cider_d" else ("loss", "ce", "total")
    for name in names:
        if name in header.info.metrics:
            return wanted, float(header.info.metrics[name])
    return wanted, None


def _spoken(stem: str) -> str:
    words = stem.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:] if words else stem
