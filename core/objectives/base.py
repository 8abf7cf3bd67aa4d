"""The base of contrastive objectives: modules over un-mixed clips and their captions.

Objectives see un-mixed data only, while the cross-entropy keeps its mixup. Negatives come from the
micro-batch, so gradient accumulation does not add any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from torch import Tensor, nn

from core.objectives.inputs import ContrastInputs

if TYPE_CHECKING:
    from core.data.batches import CaptionedClips
    from core.models.caption_model import CaptionModel


@dataclass(frozen=True, slots=True)
class ObjectiveOutput:
    """The result of an objective on a micro-batch.

    Attributes
    ----------
    loss
        Scalar.
    figures
        Scalars worth logging, by name.
    pairs
        Two (B, E) matrices whose i-th rows belong together, in the space that the term shapes; None
        where there is no such space.
    """

    loss: Tensor
    figures: dict[str, Tensor] = field(default_factory=dict)
    pairs: tuple[Tensor, Tensor] | None = None


class Objective(nn.Module):
    """Base of the contrastive terms; `name` is that of its configuration."""

    name: str

    @property
    def uses_second_captions(self) -> bool:
        """Whether it needs both captions of each clip, decoded with their audio."""
        return False

    def begin_epoch(
        self, epoch: int, model: CaptionModel, splits: Mapping[str, CaptionedClips]
    ) -> None:
        """Prepare for an epoch; called before its first step and before its validation."""

    def forward(self, inputs: ContrastInputs) -> ObjectiveOutput:
        """Return the term's loss for one micro-batch."""
        raise NotImplementedError
