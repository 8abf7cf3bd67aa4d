"""Constraints on captions: their length, and which words may be repeated."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Self

import torch
from torch import Tensor

from core.config import DecodingConfig
from core.data.stopwords import tokens_allowed_once
from core.data.tokenizer import BOS, EOS, Tokenizer


@dataclass(frozen=True, slots=True)
class DecodingRules:
    """Rules of a search, with the defaults of the DCASE 2024 baseline.

    Attributes
    ----------
    beam_size
        Hypotheses kept per clip; 1 is greedy search.
    min_tokens
        Number of tokens before ``<eos>`` is allowed.
    max_tokens
        Maximum number of tokens, ``<eos>`` included; a caption of that length ends without it.
    once
        (vocabulary,) boolean, True for tokens that may occur once only; None bans no repetition.
    start
        Token that every caption starts from; one other than ``<bos>`` asks for another style.
    """

    beam_size: int = 3
    min_tokens: int = 3
    max_tokens: int = 20
    once: Tensor | None = field(default=None, compare=False, repr=False)
    start: int = BOS

    @classmethod
    def from_config(cls, config: DecodingConfig, tokenizer: Tokenizer) -> DecodingRules:
        """Make the rules that `config` describes for a vocabulary."""
        return cls(
            beam_size=config.beam_size,
            min_tokens=config.min_tokens,
            max_tokens=config.max_tokens,
            once=tokens_allowed_once(tokenizer, config.forbid_repeated),
        )

    def to(self, device: torch.device) -> Self:
        """Return the rules with their tensor on a device."""
        return self if self.once is None else replace(self, once=self.once.to(device))

    def mask(self, logits: Tensor, prefix: Tensor) -> None:
        """Set the logits of tokens that must not come next to -inf, in place.

        `logits` is (N, vocabulary); `prefix` (N, L) are the tokens so far, the start token first.
        """
        if prefix.shape[1] <= self.min_tokens:
            logits[:, EOS] = -math.inf
        if self.once is not None:
            seen = logits.gather(1, prefix)
            logits.scatter_(1, prefix, seen.masked_fill(self.once[prefix], -math.inf))

    def ended(self, words: Tensor, length: int) -> Tensor:
        """Return which captions (N,) end with their last word, as their token number `length`."""
        return (
            torch.ones_like(words, dtype=torch.bool) if length == self.max_tokens else words == EOS
        )
