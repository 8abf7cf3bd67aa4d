"""What captioning gives back: plain data, no torch."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TokenScore:
    """A word of a caption and its natural log-probability given the words before it."""

    text: str
    log_prob: float


@dataclass(frozen=True, slots=True)
class Beam:
    """One hypothesis of the search; `log_prob` is the mean over its tokens, the end included."""

    text: str
    log_prob: float
    tokens: tuple[TokenScore, ...]


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
        The best hypothesis.
    log_prob
        Its mean log-probability per token.
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
