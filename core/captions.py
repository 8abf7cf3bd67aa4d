"""What captioning gives back: plain data, no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Wording = Literal["plain", "possible", "silence"]


@dataclass(frozen=True, slots=True)
class TokenScore:
    """A word of a caption and its natural log-probability given the words before it."""

    text: str
    log_prob: float


@dataclass(frozen=True, slots=True)
class Beam:
    """One hypothesis of the search; `log_prob` is the mean over its tokens, the end included.

    `score` is what reranking ranked it by; None after beam search, which ranks by `log_prob`.
    """

    text: str
    log_prob: float
    tokens: tuple[TokenScore, ...]
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """A sound class that the encoder itself hears, with its probability."""

    name: str
    probability: float


@dataclass(frozen=True, slots=True)
class Caption:
    """A sentence for a sound, and why.

    Attributes
    ----------
    text
        The sentence to show: the best hypothesis, "possibly" before it where it is unsure, or what
        is said of silence; see `wording`.
    log_prob
        The best hypothesis's mean log-probability per token.
    tokens
        Its words with their log-probabilities.
    beams
        All hypotheses, the best first.
    attention
        (len(tokens), T) cross-attention of each word over the frames, averaged over heads and
        layers; each row sums to 1.
    frame_seconds
        Seconds from one frame to the next.
    tags
        The encoder's most probable sound classes, the best first; empty when it has none.
    duration
        Length of the sound in seconds.
    seconds_taken
        How long encoding and searching took.
    checkpoint
        Path of the checkpoint that made it.
    layer_attention
        (layers, len(tokens), T) the same for each decoder layer, averaged over heads alone; no
        layers where they were not asked for.
    confidence
        Probability that the best hypothesis is right; None where the checkpoint was not calibrated.
    wording
        How `text` puts it: "plain", "possible" or "silence".
    """

    text: str
    log_prob: float
    tokens: tuple[TokenScore, ...]
    beams: tuple[Beam, ...]
    attention: NDArray[np.float32]
    frame_seconds: float
    tags: tuple[Tag, ...]
    duration: float
    seconds_taken: float
    checkpoint: str
    layer_attention: NDArray[np.float32] = field(
        default_factory=lambda: np.zeros((0, 0, 0), np.float32)
    )
    confidence: float | None = None
    wording: Wording = "plain"

    @property
    def hypothesis(self) -> str:
        """The best hypothesis as the model said it, which is what metrics are taken on."""
        return self.beams[0].text if self.beams else self.text
