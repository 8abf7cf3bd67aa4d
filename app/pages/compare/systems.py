"""What can be compared: checkpoints, and captions of other systems as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.pages.compare.work import SystemId, is_table
from app.texts import metric_title
from core.config import RunConfig
from core.models.checkpoint_files import CheckpointFile, describe_checkpoint, list_checkpoints

TABLE_KIND = "captions"


@dataclass(frozen=True, slots=True)
class SystemFile:
    """A file that captions come from; `checkpoint` is None for a table of captions."""

    path: Path
    label: str
    modified: float = 0.0
    checkpoint: CheckpointFile | None = None
    problem: str = ""

    @property
    def id(self) -> SystemId:
        """Its identity: path and time."""
        return SystemId(self.path, self.modified)

    @property
    def title(self) -> str:
        """Its name without which checkpoint of the run it is."""
        return self.checkpoint.title if self.checkpoint else self.label

    @property
    def kind(self) -> str:
        """Which checkpoint of a run it is, or `TABLE_KIND`."""
        return self.checkpoint.kind if self.checkpoint else TABLE_KIND

    @property
    def objective(self) -> str:
        """What its run minimised; "" for tables."""
        return self.checkpoint.objective if self.checkpoint else ""

    @property
    def config(self) -> RunConfig | None:
        """How it was trained; None for tables."""
        return self.checkpoint.config if self.checkpoint else None

    def describe(self) -> str:
        """Say what it is, for tooltips."""
        file = self.checkpoint
        if file is None:
            return f"{self.label}\nCaptions of another system\n{self.path}"
        parts = [file.objective, file.encoder, file.dataset]
        if file.epoch:
            parts.append(f"epoch {file.epoch}")
        if file.best_value is not None:
            parts.append(f"{metric_title(file.monitor)} {file.best_value:.3f}")
        return f"{file.label}\n{' · '.join(part for part in parts if part)}\n{file.path}"


def describe_system(path: Path) -> SystemFile:
    """Describe one file. Never raises: what is wrong with it becomes its `problem`."""
    if not is_table(path):
        return _of_checkpoint(describe_checkpoint(path))
    try:
        modified = path.stat().st_mtime
    except OSError as error:
        return SystemFile(path, path.name, problem=f"{path} cannot be read ({error.strerror}).")
    return SystemFile(path, path.name, modified)


def list_systems(opened: Sequence[Path]) -> list[SystemFile]:
    """List every checkpoint and the opened files; for worker threads."""
    listed = [_of_checkpoint(file) for file in list_checkpoints()]
    known = {file.path for file in listed}
    return listed + [describe_system(path) for path in opened if path not in known]


def _of_checkpoint(file: CheckpointFile) -> SystemFile:
    return SystemFile(file.path, file.label, file.modified, file, file.problem)
