"""The state that a stopped run resumes from, exactly as if it had never stopped."""

from __future__ import annotations

import io
import pickle
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from core.errors import CheckpointError
from core.files import write_proven

# Reading a truncated or overwritten file may fail in any of these ways.
_DAMAGES = (
    OSError,
    RuntimeError,
    pickle.UnpicklingError,
    EOFError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
)


@dataclass(frozen=True, slots=True)
class Unscored:
    """The captions of the first validation clips, by the model of an epoch, to be scored."""

    epoch: int
    step: int
    captions: list[str]


@dataclass(slots=True)
class Position:
    """How far a run has come.

    Attributes
    ----------
    epoch, step
        Current epoch (from 0) and the total number of optimiser steps.
    step_in_epoch
        Optimiser steps made in this epoch; all of them means that validation is next.
    sums, counts
        Summed training losses of this epoch, and how many steps each comes from.
    best
        Best monitored value so far.
    pieces
        Number of parts that each micro-batch is cut into, because memory is short.
    validation_pieces
        Divisor of the batch size in validation, for the same reason.
    joined
        Number of configured batches joined into one, because memory has room for them.
    top
        Monitored value and number of epochs of the best checkpoints that are kept.
    unreported
        Fields of the `StepLogged` events that have not been yielded yet.
    unscored
        The validation whose captions are being scored in the background.
    """

    epoch: int = 0
    step: int = 0
    step_in_epoch: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    best: float | None = None
    pieces: int = 1
    validation_pieces: int = 1
    joined: int = 1
    top: list[tuple[float, int]] = field(default_factory=list)
    unreported: list[dict[str, Any]] = field(default_factory=list)
    unscored: Unscored | None = None

    @property
    def reported_step(self) -> int:
        """The last step whose event was yielded."""
        return self.step - len(self.unreported)

    @property
    def unscored_step(self) -> int:
        """The step of the validation whose scores are to come, 0 where there is none."""
        return self.unscored.step if self.unscored else 0

    def add(self, losses: dict[str, float]) -> None:
        """Count the losses of one step towards the epoch's means."""
        for name, value in losses.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
            self.counts[name] = self.counts.get(name, 0) + 1

    def mean_losses(self) -> dict[str, float]:
        """Return the epoch's mean losses so far."""
        return {name: value / self.counts[name] for name, value in self.sums.items()}

    def next_epoch(self) -> None:
        """Go on to the beginning of the next epoch."""
        self.epoch += 1
        self.step_in_epoch = 0
        self.sums, self.counts = {}, {}


@dataclass(frozen=True, slots=True)
class TrainingState:
    """Position, optimiser, and the weights of the model and of the objectives' own heads.

    The weights are kept here as well as in ``last.safetensors``, so that one rename decides what a
    killed run resumes from. `parameters` names the optimiser's entries in their order; it is empty
    in states of older versions.
    """

    position: Position
    model: dict[str, Any]
    optimizer: dict[str, Any]
    objectives: dict[str, Any]
    parameters: tuple[str, ...] = ()


def save_state(path: Path, state: TrainingState, previous: Path | None = None) -> None:
    """Write the state, whole and readable or not at all, and keep the one before as `previous`.

    Raises `OSError` when the disk refuses.
    """
    content = {
        "position": asdict(state.position),
        "model": state.model,
        "optimizer": state.optimizer,
        "objectives": state.objectives,
        "parameters": list(state.parameters),
    }
    # Into memory first, since torch does not tell a full disk from other errors.
    stream = io.BytesIO()
    torch.save(content, stream)
    write_proven(path, stream.getbuffer(), previous)


def load_state(path: Path) -> TrainingState:
    """Read a state without unpickling code. Raises `CheckpointError` when missing or damaged."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        fields = dict(content["position"])
        # The name of the field in states of older versions.
        fields.setdefault("unreported", fields.pop("untold", []))
        position = Position(**fields)
        if fields.get("unscored"):
            position.unscored = Unscored(**fields["unscored"])
        return TrainingState(
            position,
            content["model"],
            content["optimizer"],
            content["objectives"],
            tuple(content.get("parameters", ())),
        )
    except FileNotFoundError:
        raise CheckpointError(
            f"{path} is missing, so the run cannot be resumed; start a new run from its checkpoint."
        ) from None
    except _DAMAGES as error:
        raise CheckpointError(
            f"{path} is damaged, so the run cannot be resumed; start a new run from its checkpoint."
        ) from error
