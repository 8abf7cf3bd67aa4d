"""The figures of steps, which may stay on the device until those of several are read at once."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.errors import StudioError
from core.events import Event, StepLogged, Warned
from core.training.state import Position

MOST_BAD_STEPS = 10


@dataclass(frozen=True, slots=True)
class Figures:
    """The n named losses of a step, and its gradient norm as the last of `values`, (n + 1,)."""

    names: tuple[str, ...]
    values: Tensor

    @property
    def bad(self) -> Tensor:
        """1 where the total loss or the norm is not finite, else 0: a scalar on the device."""
        finite = torch.isfinite(self.values)
        return (~(finite[self.names.index("total")] & finite[-1])).float()


def mean_terms(gathered: Sequence[dict[str, Tensor]]) -> tuple[tuple[str, ...], Tensor]:
    """Average scalar terms over the micro-batches that have them: names, and their means (n,)."""
    names = tuple(dict.fromkeys(name for terms in gathered for name in terms))
    return names, torch.stack(
        [torch.stack([terms[name] for terms in gathered if name in terms]).mean() for name in names]
    )


@dataclass(frozen=True, slots=True)
class _Step:
    epoch: int
    step: int
    rate: float
    examples: int
    figures: Figures


class StepLog:
    """Yields the events of a run's steps in order, after every `every` steps or on request.

    In between nothing is read from the device. What was read and not yet yielded is kept in
    `position.unreported`, so that a run that is closed between two events yields the rest when
    resumed.
    """

    def __init__(self, position: Position, every: int) -> None:
        self.every = every
        self._position = position
        self._unread: list[_Step] = []
        self._bad_steps = 0
        self._began = 0.0

    def begin(self) -> None:
        """Mark the beginning of a step."""
        if not self._unread:
            self._began = time.monotonic()

    def add(self, epoch: int, step: int, rate: float, examples: int, figures: Figures) -> None:
        """Add the figures of a step."""
        self._unread.append(_Step(epoch, step, rate, examples, figures))

    @property
    def is_full(self) -> bool:
        """Whether `every` steps are waiting."""
        return len(self._unread) >= self.every

    def read(self) -> None:
        """Read all waiting figures from the device, with one synchronisation."""
        steps, self._unread = self._unread, []
        if not steps:
            return
        values = iter(torch.cat([step.figures.values for step in steps]).tolist())
        examples = sum(step.examples for step in steps)
        speed = examples / max(1e-9, time.monotonic() - self._began)
        for step in steps:
            losses = {name: next(values) for name in step.figures.names}
            norm = next(values)
            if _is_finite(losses, norm):
                self._position.add(losses)
            self._position.unreported.append(
                {
                    "epoch": step.epoch,
                    "step": step.step,
                    "losses": losses,
                    "learning_rate": step.rate,
                    "gradient_norm": norm,
                    "examples_per_second": speed,
                }
            )

    def report(self) -> Iterator[Event]:
        """Yield the waiting events. Raises `StudioError` after ten non-finite steps in a row."""
        self.read()
        unreported = self._position.unreported
        while unreported:
            event = StepLogged(**unreported.pop(0))
            finite = _is_finite(event.losses, event.gradient_norm)
            self._bad_steps = 0 if finite else self._bad_steps + 1
            yield event
            if not finite:
                yield Warned(message=f"Step {event.step} was skipped: its loss is not finite.")
            if self._bad_steps >= MOST_BAD_STEPS:
                raise StudioError(
                    f"{MOST_BAD_STEPS} steps in a row had no finite loss, so the run was stopped; "
                    "try a lower learning rate or stronger gradient clipping."
                )


def _is_finite(losses: Mapping[str, float], norm: float) -> bool:
    return math.isfinite(losses["total"]) and math.isfinite(norm)
