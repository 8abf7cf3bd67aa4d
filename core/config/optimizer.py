"""The optimizer and its learning-rate schedule."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.config.section import Section


class OptimizerConfig(Section):
    """AdamW with decoupled weight decay, and its learning-rate schedule."""

    learning_rate: float = Field(
        5e-4, gt=0, le=1, title="Learning rate", description="Peak learning rate of AdamW."
    )
    beta1: float = Field(0.9, ge=0, lt=1, title="Beta 1", description="Decay of the first moment.")
    beta2: float = Field(
        0.999, ge=0, lt=1, title="Beta 2", description="Decay of the second moment."
    )
    epsilon: float = Field(
        1e-8, gt=0, le=1, title="Epsilon", description="Added to the denominator of AdamW."
    )
    weight_decay: float = Field(
        2.0,
        ge=0,
        le=100,
        title="Weight decay",
        description="Decoupled; applied to matrices and embeddings, never to biases and norms.",
    )
    schedule: Literal["cosine", "constant"] = Field(
        "cosine",
        title="Schedule",
        description="Cosine decays to zero over the epochs, stepped per epoch.",
    )
    clip_norm: float = Field(
        1.0,
        ge=0,
        le=1e6,
        title="Gradient clipping",
        description="Maximum gradient norm; 0 is off.",
    )
