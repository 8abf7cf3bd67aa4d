"""What a step has to tell, which may stay on the device until several steps' is read at once."""

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
    """The named losses of a step, and its gradient norm as the last of the `values`, (n + 1,)."""

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
    """Tells of the steps of a run in their order, after every `every` of them or when asked to.

    Between, nothing is asked of the device. What was read and not yet told stands in `position`,
    so that a run that is closed between two events tells the rest when it goes on.
    """

    def __init__(self, position: Position, every: int) -> None:
        self.every = every
        self._position = position
        self._unread: list[_Step] = []
        self._bad_steps = 0
        self._began = 0.0

    def begin(self) -> None:
        """Note that a step begins."""
        if not self._unread:
            self._began = time.monotonic()

    def note(self, epoch: int, step: int, rate: float, examples: int, figures: Figures) -> None:
        """Take the figures of a step that was made."""
        self._unread.append(_Step(epoch, step, rate, examples, figures))

    @property
    def is_full(self) -> bool:
        """Whether it is time to tell."""
        return len(self._unread) >= self.every

    def read(self) -> None:
        """Ask the device, once, for all that it still holds."""
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
            self._position.untold.append(
                {
                    "epoch": step.epoch,
                    "step": step.step,
                    "losses": losses,
                    "learning_rate": step.rate,
                    "gradient_norm": norm,
                    "examples_per_second": speed,
                }
            )

    def tell(self) -> Iterator[Event]:
        """Yield what there is to tell. Raises `StudioError` when nothing is finite any more."""
        self.read()
        untold = self._position.untold
        while untold:
            event = StepLogged(**untold.pop(0))
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
