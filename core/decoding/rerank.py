"""Ranking of candidate captions by likelihood and by agreement with the encoder's tags."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from core.config import DecodingConfig
from core.decoding.agreement import agreement, consensus, repeats_content_word
from core.decoding.clip_tags import ClipTags
from core.decoding.hypotheses import Hypothesis

# A sum of log-probabilities is divided by the number of tokens to this power: 1 is the mean.
LENGTH_POWER = 0.7


@dataclass(frozen=True, slots=True)
class RankingWeights:
    """What counts how much. The defaults of `core.config.DecodingConfig` tell where they are from.

    Attributes
    ----------
    log_prob
        Weight of the length-normalised log-probability.
    precision, coverage, order
        Weights of `core.decoding.agreement.Agreement`.
    consensus
        Weight of `core.decoding.agreement.consensus`, which needs no tags.
    """

    log_prob: float
    precision: float
    coverage: float
    order: float
    consensus: float

    @classmethod
    def from_config(cls, config: DecodingConfig) -> RankingWeights:
        """Take the weights that a run or a person chose."""
        return cls(
            config.log_prob_weight,
            config.precision_weight,
            config.coverage_weight,
            config.order_weight,
            config.consensus_weight,
        )


def rerank(
    candidates: Sequence[Hypothesis],
    decode: Callable[[Sequence[int]], str],
    tags: ClipTags | None,
    weights: RankingWeights,
) -> list[Hypothesis]:
    """Rank candidates of one clip, best first, with their scores.

    Of candidates that read the same the likeliest stays. Those that say a content word twice, or
    nothing at all, stay only where there is no other. Without tags, likelihood and consensus
    decide.
    """
    texts: dict[str, Hypothesis] = {}
    said = [decode(candidate.tokens) for candidate in candidates]
    agreed = dict(
        zip(said, consensus(said) if weights.consensus else [0.0] * len(said), strict=True)
    )
    for text, candidate in zip(said, candidates, strict=True):
        best = texts.get(text)
        if best is None or likelihood(candidate) > likelihood(best):
            texts[text] = candidate
    fluent = {text: one for text, one in texts.items() if text and not repeats_content_word(text)}
    scored = [
        replace(
            candidate,
            score=score(text, candidate, tags, weights) + weights.consensus * agreed[text],
        )
        for text, candidate in (fluent or texts).items()
    ]
    return sorted(scored, key=lambda one: -(one.score or 0.0))


def likelihood(candidate: Hypothesis) -> float:
    """Return the sum of log-probabilities over the length to the power of `LENGTH_POWER`."""
    return sum(candidate.token_log_probs) / max(1, len(candidate.tokens)) ** LENGTH_POWER


def score(
    text: str, candidate: Hypothesis, tags: ClipTags | None, weights: RankingWeights
) -> float:
    """Return what a candidate is ranked by, but for consensus."""
    total = weights.log_prob * likelihood(candidate)
    if tags is not None:
        found = agreement(text, tags)
        total += weights.precision * found.precision + weights.coverage * found.coverage
        total += weights.order * found.order
    return total
