"""The runs as the Library lists them: what the columns say, and what cannot be done with one."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.machine import size_text
from app.texts import (
    NOTHING,
    best_text,
    metric_title,
    short_date_text,
)
from app.widgets.record_model import Column
from core.models.checkpoint_files import objective_of
from core.notes import Notes, read_notes
from core.runs import RunSummary, list_runs
from core.runs.transfer import folder_size


@dataclass(frozen=True)
class RunRecord:
    """A run and the room it takes, in bytes."""

    summary: RunSummary
    size: int
    notes: Notes = field(default_factory=Notes)

    @property
    def broken(self) -> bool:
        """Whether the folder cannot be read."""
        return self.summary.config is None


def searched(record: RunRecord) -> str:
    """Return the text that a search looks in."""
    cells = [column.text(record) for column in COLUMNS]
    return " ".join((*cells, *record.notes.tags, record.notes.note))


def load_runs() -> list[RunRecord]:
    """Read all run folders; for worker threads."""
    return [
        RunRecord(summary, folder_size(summary.run.path)[0], read_notes(summary.run.path))
        for summary in list_runs()
    ]


def _objective(record: RunRecord) -> str:
    config = record.summary.config
    return objective_of(config) if config else NOTHING


def _preset(record: RunRecord) -> str:
    config = record.summary.config
    return (config.preset if config else "") or NOTHING


def _best(record: RunRecord) -> str:
    return best_text(record.summary.best, record.summary.monitor)


def best_words(record: RunRecord) -> str:
    """Say what the best validation was."""
    if record.summary.best is None:
        return "Not validated yet."
    return f"Best validation: {best_figure(record)}"


def best_figure(record: RunRecord) -> str:
    """Return the best validation and what it is a figure of: "1.4499 (loss)"."""
    return f"{record.summary.best:.4f} ({metric_title(record.summary.monitor)})"


def epochs_words(record: RunRecord) -> str:
    """Say how many epochs are done, of how many."""
    summary = record.summary
    return f"{summary.epoch} / {summary.epochs}" if summary.epochs else NOTHING


def _seed(record: RunRecord) -> str:
    config = record.summary.config
    return str(config.seed) if config else NOTHING


COLUMNS: tuple[Column[RunRecord], ...] = (
    Column("Run", lambda r: r.summary.title, width=170),
    Column("Objective", _objective, width=240),
    Column("Preset", _preset, width=140),
    Column(
        "Seed", _seed, lambda r: r.summary.config and r.summary.config.seed, right=True, width=64
    ),
    Column(
        "State",
        lambda r: r.summary.state,
        tooltip=lambda r: r.summary.problem or r.summary.state,
        width=110,
    ),
    Column("Epochs", epochs_words, lambda r: r.summary.epoch, right=True, width=110),
    Column("Best", _best, lambda r: r.summary.best, best_words, right=True, width=140),
    Column("Size", lambda r: size_text(r.size), lambda r: r.size, right=True, width=76),
    Column(
        "Date",
        lambda r: short_date_text(r.summary.updated),
        lambda r: r.summary.updated,
        width=150,
    ),
)


def unreadable(record: RunRecord) -> str:
    """Say why nothing can be done with a run whose configuration is broken."""
    return "This run's configuration cannot be read." if record.broken else ""


def running(record: RunRecord) -> str:
    """Say why a run that is being trained cannot be changed."""
    return "It is being trained; stop it first." if record.summary.state == "running" else ""


def no_checkpoint(record: RunRecord) -> str:
    """Say why a run without checkpoints cannot be compared."""
    run = record.summary.run
    return "" if run.best.is_file() or run.last.is_file() else "It has no checkpoint yet."
