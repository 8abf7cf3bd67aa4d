"""What every contrastive objective is: a module that takes two captions of each clip.

Objectives see un-mixed data only, while the cross-entropy keeps its mixup; negatives come from the
micro-batch, so gradient accumulation does not add any.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor, nn

from core.config import ObjectiveSchedule


@dataclass(frozen=True, slots=True)
class CaptionView:
    """One caption of each of B clips, as the decoder saw it under teacher forcing.

    Attributes
    ----------
    hidden
        (B, L, d) decoder states at the input tokens (begin to last word).
    valid
        (B, L) True where the input token is not padding.
    tokens
        (B, L) the input token ids.
    """

    hidden: Tensor
    valid: Tensor
    tokens: Tensor


@dataclass(frozen=True, slots=True)
class ContrastBatch:
    """Two captions of each clip of a batch; `clips` (B,) tells clips apart."""

    clips: Tensor
    first: CaptionView
    second: CaptionView


@dataclass(frozen=True, slots=True)
class ObjectiveOutput:
    """The loss of a term (a scalar) and scalar figures worth logging, by name."""

    loss: Tensor
    figures: dict[str, Tensor] = field(default_factory=dict)


class Objective(nn.Module):
    """Base of the contrastive terms. `hears_audio` False asks for views made without the clip."""

    name: str
    hears_audio: bool = True

    def forward(self, batch: ContrastBatch) -> ObjectiveOutput:
        """Return the term's loss for one micro-batch."""
        raise NotImplementedError


def scheduled_weight(schedule: ObjectiveSchedule, epoch: int) -> float:
    """Return the weight of a term in an epoch (from 0): off, ramping up, or full.

    With a ramp of n epochs the weight is 1/(n+1), 2/(n+1), ... of the full one, then full.
    """
    if epoch < schedule.start_epoch or (schedule.end_epoch and epoch >= schedule.end_epoch):
        return 0.0
    ramp = min(1.0, (epoch - schedule.start_epoch + 1) / (schedule.ramp_epochs + 1))
    return schedule.weight * ramp
