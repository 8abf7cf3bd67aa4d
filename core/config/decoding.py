"""How captions are searched for."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from core.config.section import Section


class DecodingConfig(Section):
    """How a caption is searched for."""

    strategy: Literal["beam", "rerank"] = Field(
        "beam",
        title="Search",
        description="Beam search alone, or beam search and samples reranked by how well they "
        "agree with the sounds that the encoder hears.",
    )
    beam_size: int = Field(
        3,
        ge=1,
        le=64,
        title="Beam size",
        description="Hypotheses kept at a time; 1 is greedy search.",
    )
    min_tokens: int = Field(
        3,
        ge=0,
        le=200,
        title="Shortest caption",
        description="Minimum number of tokens before the end token.",
    )
    max_tokens: int = Field(
        20,
        ge=1,
        le=200,
        title="Longest caption",
        description="Maximum number of tokens, the end token included.",
    )
    forbid_repeated: Literal["content_words", "all", "none"] = Field(
        "content_words",
        title="No repetition of",
        description="Words that may not appear twice; content words are all but stopwords.",
    )
    samples: int = Field(
        10,
        ge=0,
        le=256,
        title="Samples",
        description="Captions sampled besides the beams when reranking, per start token.",
    )
    top_p: float = Field(
        0.9,
        gt=0,
        le=1,
        title="Top p",
        description="Probability mass that sampled words are drawn from.",
    )
    temperature: float = Field(
        1.0,
        gt=0,
        le=10,
        title="Temperature",
        description="Divisor of the logits before sampling; below 1 sharpens the distribution.",
    )
    start_words: str = Field(
        "",
        title="Further styles",
        description="Further start tokens for reranking, words separated by spaces, for models "
        "that know several styles.",
    )
    log_prob_weight: float = Field(
        0.8,
        ge=0,
        le=100,
        title="Weight of likelihood",
        description="How much the model's own log-probability counts when reranking.",
    )
    precision_weight: float = Field(
        3.0,
        ge=0,
        le=100,
        title="Weight of precision",
        description="How much it counts that what a caption names is heard.",
    )
    coverage_weight: float = Field(
        2.0,
        ge=0,
        le=100,
        title="Weight of coverage",
        description="How much it counts that what is heard clearly is named.",
    )
    order_weight: float = Field(
        1.0,
        ge=0,
        le=100,
        title="Weight of order",
        description="How much it counts that sounds are told in the order they are heard.",
    )
    consensus_weight: float = Field(
        1.5,
        ge=0,
        le=100,
        title="Weight of consensus",
        description="How much it counts that the other candidates name the same sounds.",
    )

    @model_validator(mode="after")
    def _lengths_are_ordered(self) -> DecodingConfig:
        if self.min_tokens >= self.max_tokens:
            raise ValueError(
                f"shortest caption {self.min_tokens} must be below "
                f"longest caption {self.max_tokens}"
            )
        return self
