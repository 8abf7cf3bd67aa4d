"""The loss terms that may be added to the cross-entropy, one class each."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from core.config.section import Section

Similarity = Literal["cosine", "dot"]
Pooling = Literal["mean", "last"]


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

    def counts_in(self, epoch: int) -> bool:
        """Say whether the term is computed in an epoch (from 0), whatever its weight."""
        ended = bool(self.end_epoch) and epoch >= self.end_epoch
        return self.start_epoch <= epoch and not ended

    def weight_in(self, epoch: int) -> float:
        """Return the weight of the term in an epoch (from 0): none, ramping up, or full.

        With a ramp of n epochs it is 1/(n+1), 2/(n+1), ... of the full weight, then full.
        """
        if not self.counts_in(epoch):
            return 0.0
        return self.weight * min(1.0, (epoch - self.start_epoch + 1) / (self.ramp_epochs + 1))


class CaptionNTXentConfig(ObjectiveSchedule):
    """Pull two captions of the same clip together, push captions of other clips away."""

    name: Literal["caption-ntxent"] = "caption-ntxent"
    similarity: Similarity = Field(
        "cosine",
        title="Similarity",
        description="Cosine of the pooled states, or their plain dot product.",
    )
    temperature: float = Field(
        0.07, gt=0, le=100, title="Temperature", description="Similarities are divided by it."
    )
    pooling: Pooling = Field(
        "mean", title="Pooling", description="Mean over the caption's tokens, or its last token."
    )
    projection_dim: int = Field(
        0,
        ge=0,
        le=4096,
        title="Projection head",
        description="Output width of an extra head; 0 is none.",
    )
    hears_audio: bool = Field(
        True,
        title="Decode with audio",
        description="Off gives a space of text alone: the decoder gets no audio.",
    )
    ignore_identical_captions: bool = Field(
        True,
        title="Ignore identical captions",
        description="Equal captions of other clips are not used as negatives.",
    )
    memory_bank: int = Field(
        0,
        ge=0,
        le=1_000_000,
        title="Memory bank",
        description="Captions of earlier batches kept as further negatives; 0 is none.",
    )


class AudioTextMatchingConfig(ObjectiveSchedule):
    """Tell a clip's own caption from another clip's (CL4AC)."""

    name: Literal["audio-text-matching"] = "audio-text-matching"
    weight: float = Field(
        1.0, ge=0, le=1000, title="Weight", description="Factor of this term in the total loss."
    )
    pooling: Pooling = Field(
        "last",
        title="Pooling",
        description="The caption's last token, or the mean over its tokens.",
    )


class AudioTextNTXentConfig(ObjectiveSchedule):
    """Pull a clip and its caption together, in both directions (symmetric InfoNCE)."""

    name: Literal["audio-text-ntxent"] = "audio-text-ntxent"
    weight: float = Field(
        1.0, ge=0, le=1000, title="Weight", description="Factor of this term in the total loss."
    )
    temperature: float = Field(
        0.5, gt=0, le=100, title="Temperature", description="Similarities are divided by it."
    )
    text: Literal["decoder", "sentence-embedding"] = Field(
        "decoder",
        title="Caption embedding",
        description="The decoder without audio, or a frozen sentence-embedding model.",
    )
    projection_dim: int = Field(
        256,
        ge=1,
        le=4096,
        title="Embedding width",
        description="Width of the shared embedding space.",
    )


class CaptionProxyConfig(ObjectiveSchedule):
    """Learn a caption space by contrast, then draw the decoder to each clip's place in it."""

    name: Literal["caption-proxy"] = "caption-proxy"
    proxy_epochs: int = Field(
        20,
        ge=1,
        title="First stage",
        description="Epochs of contrast before each clip's proxy embedding is fixed.",
    )
    temperature: float = Field(
        0.07, gt=0, le=100, title="Temperature", description="Similarities are divided by it."
    )
    pooling: Pooling = Field(
        "mean", title="Pooling", description="Mean over the caption's tokens, or its last token."
    )


ObjectiveConfig = Annotated[
    CaptionNTXentConfig | AudioTextMatchingConfig | AudioTextNTXentConfig | CaptionProxyConfig,
    Field(discriminator="name"),
]

OBJECTIVE_CONFIGS: dict[str, type[ObjectiveSchedule]] = {
    "caption-ntxent": CaptionNTXentConfig,
    "audio-text-matching": AudioTextMatchingConfig,
    "audio-text-ntxent": AudioTextNTXentConfig,
    "caption-proxy": CaptionProxyConfig,
}
