from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.data.stopwords import english_stopwords, tokens_allowed_once
from core.data.tokenizer import SPECIAL_TOKENS, Tokenizer, split_words


def test_stopwords_are_the_179_words() -> None:
    words = english_stopwords()
    assert len(words) == 179
    assert {"the", "a", "and", "is", "own", "s", "ma", "won't", "should've"} <= words
    assert not words & {"dog", ",", "#", "would", "one"}


def test_all_stopwords_that_can_be_tokens_are_single_words() -> None:
    assert all("'" in word for word in english_stopwords() if split_words(word) != [word])


def test_content_words_are_all_but_stopwords(baseline_json: Callable[[str], Any]) -> None:
    golden = baseline_json("beams.json")
    mask = tokens_allowed_once(Tokenizer(golden["words"]), "content_words")
    assert mask is not None
    assert mask.tolist() == golden["once"]


def test_comma_and_special_tokens_count_as_content() -> None:
    tokenizer = Tokenizer([*SPECIAL_TOKENS, "the", ",", "dog"])
    mask = tokens_allowed_once(tokenizer, "content_words")
    assert mask is not None
    assert mask.tolist() == [True, True, True, True, False, True, True]


def test_other_bans() -> None:
    tokenizer = Tokenizer([*SPECIAL_TOKENS, "the", "dog"])
    assert tokens_allowed_once(tokenizer, "none") is None
    mask = tokens_allowed_once(tokenizer, "all")
    assert mask is not None
    assert bool(mask.all())
