"""Events of long work: small frozen records, one class per kind.

Training, extraction, captioning, evaluation and downloads are generators of these. Each turns into
one line of JSON (`to_record`) and back (`from_record`), which is how a run folder keeps them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events. `recorded` says whether the run folder keeps it."""

    recorded: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Event):
    """`done` of `total` items of a phase such as "Extracting features"; `total` None is unknown."""

    recorded: ClassVar[bool] = False
    phase: str
    done: int
    total: int | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned(Event):
    """Something a user should know that does not stop the work: one sentence."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Event):
    """Something that was done because it was asked for: one sentence."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    """Training begins, or goes on after `step` optimiser steps.

    `unscored_step` is that of a validation whose scores are told (again) from here on; 0 is none.
    """

    epochs: int
    steps_per_epoch: int
    device: str
    parameters: int
    vocabulary_size: int
    train_clips: int
    validation_clips: int
    epoch: int = 0
    step: int = 0
    unscored_step: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLogged(Event):
    """After an optimiser step: unweighted loss terms by name and their weighted "total"."""

    epoch: int
    step: int
    losses: Mapping[str, float]
    learning_rate: float
    gradient_norm: float
    examples_per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochEnded(Event):
    """All clips were seen once more: mean training losses, and the epoch's length in seconds."""

    epoch: int
    step: int
    losses: Mapping[str, float]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationEnded(Event):
    """Validation losses by name, and metrics such as cider_d and vocabulary where computed."""

    epoch: int
    step: int
    losses: Mapping[str, float]
    metrics: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationScored(Event):
    """Metrics of an earlier validation, whose captions were scored beside the next epoch."""

    epoch: int
    step: int
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewCaptioned(Event):
    """The caption that the model of this epoch gives to one fixed validation clip."""

    epoch: int
    step: int
    clip: str
    caption: str
    log_prob: float
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionsMapped(Event):
    """Where the decoder puts the captions of a few validation clips, in two dimensions.

    `clips` names the clip of each point, `captions` its text; `explained` is the share of the
    variance that the two principal axes show. Step 0 is the model before training.
    """

    epoch: int
    step: int
    clips: tuple[str, ...]
    captions: tuple[str, ...]
    points: tuple[tuple[float, float], ...]
    explained: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointSaved(Event):
    """A checkpoint was written; `path` is relative to the run folder.

    "epoch" is one kept after that many epochs, "top" one of the best that are kept.
    """

    epoch: int
    step: int
    kind: Literal["best", "last", "epoch", "top"]
    path: str
    monitor: str = ""
    value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded(Event):
    """No more events follow, unless the run is resumed. `message` is the sentence of a failure."""

    reason: Literal["finished", "stopped", "failed"]
    epoch: int = 0
    step: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPaused(Event):
    """The run stands still from here, for the reason in `message`, until `Paused` or its end."""

    epoch: int = 0
    step: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused(Event):
    """The run stood still for so many `seconds` before this moment; no time of training."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated(Event):
    """Corpus scores of one checkpoint on one split, and where everything was written."""

    recorded: ClassVar[bool] = False
    split: str
    clips: int
    scores: Mapping[str, float]
    unavailable: Mapping[str, str]
    folder: str


_KINDS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        Progress,
        Warned,
        Noted,
        RunStarted,
        StepLogged,
        EpochEnded,
        ValidationEnded,
        ValidationScored,
        PreviewCaptioned,
        CaptionsMapped,
        CheckpointSaved,
        RunEnded,
        RunPaused,
        Paused,
        Evaluated,
    )
}


def close_work(work: Iterable[object]) -> None:
    """Stop the work behind an iterator by closing its generator; others have nothing to stop."""
    close = getattr(work, "close", None)
    if close is not None:
        close()


def to_record(event: Event) -> dict[str, Any]:
    """Return a JSON-ready dictionary; key "event" names the kind."""
    values = {item.name: getattr(event, item.name) for item in dataclasses.fields(event)}
    return {"event": type(event).__name__, **values}


def from_record(record: Mapping[str, Any]) -> Event | None:
    """Return the event of a record, or None when its kind is not known to this version.

    Unknown fields of newer versions are left out. Raises `ValueError` when a field is missing or of
    another type.
    """
    kind = _KINDS.get(str(record.get("event")))
    if kind is None:
        return None
    known = {item.name for item in dataclasses.fields(kind)}
    values = {key: _with_tuples(value) for key, value in record.items() if key in known}
    for item in dataclasses.fields(kind):
        if item.name in values and not _fits(str(item.type), values[item.name]):
            raise ValueError(f"a {record.get('event')} record has a wrong {item.name}")
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(f"a {record.get('event')} record is incomplete ({error})") from error


def _with_tuples(value: Any) -> Any:
    """Turn JSON's lists back into the tuples that events hold."""
    return tuple(map(_with_tuples, value)) if isinstance(value, list) else value


def _fits(annotation: str, value: Any) -> bool:
    """Say whether a value read from JSON has the type that a field is annotated with."""
    if value is None:
        return annotation.endswith("| None")
    name = annotation.removesuffix(" | None")
    if name.startswith("Mapping"):
        inner = name.removeprefix("Mapping[str, ").removesuffix("]")
        return isinstance(value, dict) and all(_fits(inner, item) for item in value.values())
    if name.endswith(", ...]"):
        inner = name.removeprefix("tuple[").removesuffix(", ...]")
        return isinstance(value, tuple) and all(_fits(inner, item) for item in value)
    if name == "tuple[float, float]":
        return (
            isinstance(value, tuple) and len(value) == 2 and all(_fits("float", x) for x in value)
        )
    if name == "float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if name == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str)
