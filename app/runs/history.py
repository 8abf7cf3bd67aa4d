"""What is known of one run, as growing arrays: the state behind curves, list, log and state line.

A worker thread turns lines of `events.jsonl` into blocks of columns; the GUI thread appends them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from app.texts import count_text
from core.events import (
    CaptionsMapped,
    CheckpointSaved,
    EpochEnded,
    Event,
    Paused,
    PreviewCaptioned,
    RunEnded,
    RunPaused,
    RunStarted,
    ValidationEnded,
    ValidationScored,
    Warned,
)
from core.runs import is_undone
from core.runs.event_columns import Piece, StepBlock

Floats = NDArray[np.float64]


class Table:
    """Named columns of equal length that grow by doubling; missing values are NaN."""

    def __init__(self) -> None:
        self.length = 0
        self._capacity = 256
        self._columns: dict[str, Floats] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns so far."""
        return tuple(self._columns)

    def column(self, name: str) -> Floats:
        """Return a view of one column, (length,); all NaN for an unknown name."""
        if name not in self._columns:
            return np.full(self.length, math.nan)
        return self._columns[name][: self.length]

    def extend(self, columns: dict[str, Floats]) -> None:
        """Append rows."""
        count = len(next(iter(columns.values())))
        while self.length + count > self._capacity:
            self._capacity *= 2
        for name in columns.keys() - self._columns.keys():
            self._columns[name] = np.full(self._capacity, math.nan)
        for name, values in self._columns.items():
            if values.size < self._capacity:
                larger = np.full(self._capacity, math.nan)
                larger[: self.length] = values[: self.length]
                self._columns[name] = larger
        for name, values in columns.items():
            self._columns[name][self.length : self.length + count] = values
        self.length += count

    def truncate(self, length: int) -> None:
        """Drop all rows from `length` on."""
        for values in self._columns.values():
            values[length : self.length] = math.nan
        self.length = min(self.length, length)


@dataclass
class RunHistory:
    """Steps, validations and standing of one run.

    `scores` are the last known metrics; those of `last_validation` may still be computed.
    `version` changes with every change, `generation` when what was there before was taken back.
    """

    version: int = 0
    generation: int = 0
    steps: Table = field(default_factory=Table)
    validations: Table = field(default_factory=Table)
    started: RunStarted | None = None
    ended: RunEnded | None = None
    stands_still: RunPaused | None = None
    first_time: float = 0.0
    last_time: float = 0.0
    epoch: int = 0
    step: int = 0
    last_validation: ValidationEnded | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    bests: list[CheckpointSaved] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    resumed_at: list[int] = field(default_factory=list)
    contrasts: list[str] = field(default_factory=list)
    previews: dict[str, dict[int, PreviewCaptioned]] = field(default_factory=dict)
    maps: dict[int, CaptionsMapped] = field(default_factory=dict)
    _validations: list[ValidationEnded] = field(default_factory=list)
    _session_start: float = 0.0
    _elapsed_before: float = 0.0
    _paused: float = 0.0

    @property
    def epochs(self) -> int:
        """Epochs the run will have, 0 before it started."""
        return self.started.epochs if self.started else 0

    @property
    def total_steps(self) -> int:
        """Optimiser steps the run will have."""
        return self.started.epochs * self.started.steps_per_epoch if self.started else 0

    @property
    def best(self) -> CheckpointSaved | None:
        """The best checkpoint so far."""
        return self.bests[-1] if self.bests else None

    @property
    def elapsed(self) -> float:
        """Seconds of training so far, without pauses and the time between stop and resume."""
        if self.started is None:
            return 0.0
        seconds = self.last_time - self._session_start - self._paused
        return self._elapsed_before + max(0.0, seconds)

    def take(self, pieces: Iterable[Piece]) -> None:
        """Append what new lines hold."""
        for piece in pieces:
            if isinstance(piece, StepBlock):
                self._take_steps(piece)
            else:
                self._take_event(*piece)
            self.version += 1

    def take_samples(self, samples: Iterable[tuple[float, Event]]) -> None:
        """Append previews and maps, which have files of their own; a repeated epoch replaces."""
        for _, event in samples:
            if isinstance(event, PreviewCaptioned):
                self.previews.setdefault(event.clip, {})[event.epoch] = event
            elif isinstance(event, CaptionsMapped):
                # The map before training has step 0, that of the first validation epoch 0 or more.
                self.maps[event.step] = event
            self.version += 1

    def _take_steps(self, block: StepBlock) -> None:
        self._note_contrasts(block.losses)
        columns = dict(block.columns)
        times = columns.pop("time")
        columns["elapsed"] = self._elapsed_before + times - self._session_start - self._paused
        columns["epoch"] = columns["step"] / self._steps_per_epoch
        self.steps.extend(columns)
        self.last_time = float(times[-1])
        self.step, self.epoch = int(columns["step"][-1]), int(columns["number"][-1])

    def _take_event(self, time: float, event: Event) -> None:
        if isinstance(event, RunStarted):
            self._start(time, event)
        self.first_time = self.first_time or time
        self.last_time = time
        if isinstance(event, RunPaused):
            self.stands_still = event
        elif isinstance(event, Paused):
            self._paused += event.seconds
            self.stands_still = None
        elif isinstance(event, EpochEnded):
            self.epoch, self.step = event.epoch + 1, event.step
        elif isinstance(event, ValidationEnded):
            self.last_validation = event
            self.scores = event.metrics or self.scores
            self._validations.append(event)
            self._note_contrasts(event.losses)
            row = {**event.losses, **event.metrics}
            row |= {"step": event.step, "epoch": event.step / self._steps_per_epoch}
            row |= {"elapsed": self.elapsed, "number": event.epoch, "seconds": event.seconds}
            self.validations.extend({name: np.array([float(v)]) for name, v in row.items()})
        elif isinstance(event, ValidationScored):
            self._take_scores(event)
        elif isinstance(event, CheckpointSaved) and event.kind == "best":
            self.bests.append(event)
        elif isinstance(event, Warned):
            self.warnings.append(event.message)
        elif isinstance(event, RunEnded):
            self.ended, self.stands_still = event, None
        line = log_line(event)
        if line:
            self.log.append(f"{datetime.fromtimestamp(time):%H:%M:%S}  {line}")

    def _take_scores(self, event: ValidationScored) -> None:
        """Complete the last validation, which was told before its captions were scored."""
        last = self.last_validation
        if last is None or last.step != event.step:
            return
        self.last_validation = replace(last, metrics={**last.metrics, **event.metrics})
        self._validations[-1] = self.last_validation
        self.scores = self.last_validation.metrics
        row = {name: self.validations.column(name)[-1:].copy() for name in self.validations.names}
        row |= {name: np.array([float(value)]) for name, value in event.metrics.items()}
        self.validations.truncate(self.validations.length - 1)
        self.validations.extend(row)
        self.generation += 1

    def _note_contrasts(self, losses: Iterable[str]) -> None:
        for name in losses:
            # Names with a slash are figures of a term, such as its similarities.
            if name not in ("total", "ce", *self.contrasts) and "/" not in name:
                self.contrasts.append(name)

    @property
    def _steps_per_epoch(self) -> float:
        return float(max(1, self.started.steps_per_epoch)) if self.started else 1.0

    def _start(self, time: float, event: RunStarted) -> None:
        """Begin, or go on from `event.step`: what came after it was undone and is dropped."""
        self.started, self.ended, self.stands_still = event, None, None
        kept = int(np.searchsorted(self.steps.column("step"), event.step, side="right"))
        if event.step:
            self.resumed_at.append(event.step)
            self._elapsed_before = float(self.steps.column("elapsed")[kept - 1]) if kept else 0.0
        if kept < self.steps.length:
            self.generation += 1
        self.steps.truncate(kept)
        self._validations = [item for item in self._validations if not is_undone(item, event)]
        if len(self._validations) < self.validations.length:
            self.generation += 1
        self.validations.truncate(len(self._validations))
        self.bests = [item for item in self.bests if not is_undone(item, event)]
        self.last_validation = self._validations[-1] if self._validations else None
        known = [item.metrics for item in self._validations if item.metrics]
        self.scores = known[-1] if known else {}
        self.warnings = []
        self._session_start, self._paused = time, 0.0
        self.epoch, self.step = event.epoch, event.step


def log_line(event: Event) -> str:
    """Say an event in one line of plain text; "" for those too many to list."""
    if isinstance(event, RunStarted):
        start = f"resumed at step {event.step:,}" if event.step else "started"
        return (
            f"{start}: {count_text(event.epochs, 'epoch')} of "
            f"{count_text(event.steps_per_epoch, 'step')} on {event.device}, "
            f"{count_text(event.train_clips, 'clip')}, {event.vocabulary_size:,} words, "
            f"{event.parameters:,} parameters"
        )
    if isinstance(event, EpochEnded):
        return f"epoch {event.epoch + 1}: {_figures(event.losses)} ({event.seconds:.1f} s)"
    if isinstance(event, ValidationEnded):
        figures = _figures({**event.losses, **event.metrics})
        return f"validation after epoch {event.epoch + 1}: {figures} ({event.seconds:.1f} s)"
    if isinstance(event, ValidationScored):
        return f"scores after epoch {event.epoch + 1}: {_figures(event.metrics)}"
    if isinstance(event, CheckpointSaved):
        if event.kind == "last":
            return f"last checkpoint saved at step {event.step:,}"
        value = f", {event.monitor} {event.value:.4f}" if event.value is not None else ""
        words = {"best": "best checkpoint", "top": "one of the best checkpoints"}
        kind = words.get(event.kind, "checkpoint and full state")
        return f"{kind} saved after epoch {event.epoch + 1}{value}"
    if isinstance(event, Warned):
        return f"warning: {event.message}"
    if isinstance(event, RunPaused):
        return f"paused: {event.message}"
    if isinstance(event, Paused):
        return f"went on after a pause of {event.seconds:,.0f} s"
    if isinstance(event, RunEnded):
        return f"{event.reason}{': ' + event.message if event.message else ''}"
    return ""


def _figures(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in values.items())
