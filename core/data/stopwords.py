"""The English function words, and the tokens that a caption may say only once."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from core.data.tokenizer import Tokenizer
from core.paths import resources_dir


@lru_cache(maxsize=1)
def english_stopwords() -> frozenset[str]:
    """Return the stopwords of ``resources/stopwords/english.txt``, where their source is named."""
    text = (resources_dir() / "stopwords" / "english.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.split())


def tokens_allowed_once(tokenizer: Tokenizer, forbid_repeated: str) -> Tensor | None:
    """Return the mask (vocabulary,), True for tokens to be said once only; None forbids nothing.

    With "content_words" that is every token but the stopwords, so also the comma and the special
    tokens; with "all" it is every token.
    """
    if forbid_repeated == "none":
        return None
    exempt = english_stopwords() if forbid_repeated == "content_words" else frozenset[str]()
    return torch.tensor([word not in exempt for word in tokenizer.words])
