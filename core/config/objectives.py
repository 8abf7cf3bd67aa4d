"""The loss terms that may be added to the cross-entropy, one class each."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from core.config.sections import Section


class ObjectiveSchedule(Section):
    """Weight of a loss term and the epochs in which it counts."""

    weight: float = Field(
        0.1, ge=0, le=1000, title="Weight", description="Factor of this term in the total loss."
    )
    start_epoch: int = Field(
        0, ge=0, title="Start epoch", description="First epoch (from 0) in which the term counts."
    )
    end_epoch: int = Field(
        0, ge=0, title="End epoch", description="Epoch from which it no longer counts; 0 is never."
    )
    ramp_epochs: int = Field(
        0, ge=0, title="Ramp", description="Epochs over which the weight rises linearly from zero."
    )

    @model_validator(mode="after")
    def _ends_after_start(self) -> ObjectiveSchedule:
        if self.end_epoch and self.end_epoch <= self.start_epoch:
            raise ValueError(
                f"end epoch {self.end_epoch} must be after start epoch {self.start_epoch}"
            )
        return self


class CaptionNTXentConfig(ObjectiveSchedule):
    """Pull two captions of the same clip together, push captions of other clips away."""

    name: Literal["caption-ntxent"] = "caption-ntxent"
    similarity: Literal["cosine", "dot"] = Field(
        "cosine",
        title="Similarity",
        description="Cosine of the pooled states, or their plain dot product.",
    )
    temperature: float = Field(
        0.07, gt=0, le=100, title="Temperature", description="Similarities are divided by it."
    )
    pooling: Literal["mean", "last"] = Field(
        "mean", title="Pooling", description="Mean over the caption's tokens, or its last token."
    )
    projection_dim: int = Field(
        0, ge=0, le=4096, title="Projection head", description="Width of an extra head; 0 is none."
    )
    hears_audio: bool = Field(
        True,
        title="Decoder hears the clip",
        description="Off makes a pure caption space: the decoder attends to silence.",
    )
    ignore_identical_captions: bool = Field(
        True,
        title="Ignore identical captions",
        description="Equal captions of other clips are not used as negatives.",
    )


# A second method makes this a union, told apart by `name`.
ObjectiveConfig = CaptionNTXentConfig
