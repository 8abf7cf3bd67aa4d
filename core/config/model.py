"""The sizes of the caption model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from core.config.section import Section


class ModelConfig(Section):
    """Sizes of the caption model: a projection of the frames and a transformer decoder."""

    d_model: int = Field(
        256, ge=8, le=4096, title="Model width", description="Size of the hidden states."
    )
    layers: int = Field(6, ge=1, le=48, title="Decoder layers", description="Transformer layers.")
    heads: int = Field(
        8,
        ge=1,
        le=64,
        title="Attention heads",
        description="Number of heads; must divide the model width.",
    )
    feedforward: int = Field(
        2048,
        ge=8,
        le=65536,
        title="Feed-forward width",
        description="Hidden size of the feed-forward layers.",
    )
    dropout: float = Field(
        0.2, ge=0, lt=1, title="Dropout", description="Share of decoder activations set to zero."
    )
    projection_dropout: float = Field(
        0.5,
        ge=0,
        lt=1,
        title="Projection dropout",
        description="Dropout before and after the projection.",
    )
    activation: Literal["gelu", "relu"] = Field(
        "gelu", title="Activation", description="Non-linearity of the feed-forward layers."
    )
    frame_positions: bool = Field(
        False,
        title="Frame positions",
        description="Add a positional encoding to the frames.",
    )
    clip_tokens: bool = Field(
        False,
        title="Clip tokens",
        description="Let the decoder also attend to the mean and the maximum over the clip.",
    )
    encoder_layers: int = Field(
        0,
        ge=0,
        le=24,
        title="Encoder layers",
        description="Transformer layers over the frames, before the decoder.",
    )
    tied_embeddings: bool = Field(
        False,
        title="Tied embeddings",
        description="Use the word embeddings as output weights too: fewer parameters.",
    )

    @model_validator(mode="after")
    def _heads_divide_width(self) -> ModelConfig:
        if self.d_model % self.heads or self.d_model % 2:
            raise ValueError(
                f"model width {self.d_model} must be even and a multiple of "
                f"the {self.heads} attention heads"
            )
        return self
