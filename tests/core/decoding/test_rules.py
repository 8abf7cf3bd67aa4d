from __future__ import annotations

from core.config import DecodingConfig
from core.data.tokenizer import SPECIAL_TOKENS, Tokenizer
from core.decoding.rules import DecodingRules


def test_defaults_are_the_baselines() -> None:
    tokenizer = Tokenizer([*SPECIAL_TOKENS, "the", "dog"])
    rules = DecodingRules.from_config(DecodingConfig(), tokenizer)
    assert rules == DecodingRules(beam_size=3, min_tokens=3, max_tokens=20)
    assert rules.once is not None
