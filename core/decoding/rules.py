"""What a caption may look like: its length, and which words it may say twice."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from core.config import DecodingConfig
from core.data.stopwords import tokens_allowed_once
from core.data.tokenizer import BOS, Tokenizer


@dataclass(frozen=True, slots=True)
class DecodingRules:
    """Rules of a search, with the defaults of the DCASE 2024 baseline.

    Attributes
    ----------
    beam_size
        Hypotheses kept per clip; 1 is greedy search.
    min_tokens
        Tokens that must stand before ``<eos>`` is allowed.
    max_tokens
        Tokens at most, ``<eos>`` included; a caption that gets there is closed without it.
    once
        (vocabulary,) boolean, True for tokens that may be said once only; None forbids nothing.
    start
        Token that every caption grows from; another than ``<bos>`` asks for another style.
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
