"""Our PTB words against those of the Stanford tokenizer (CoreNLP 3.4.1, -lowerCase)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evaluation.ptb import PUNCTUATION, tokenize, tokenize_with_punctuation

GOLDEN = Path(__file__).parents[2] / "golden" / "ptb_tokens.tsv"
CASES = [line.split("\t") for line in GOLDEN.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("sentence", "tokens"), CASES)
def test_words_are_those_of_the_java_tokenizer(sentence: str, tokens: str) -> None:
    expected = [token for token in tokens.split(" ") if token not in PUNCTUATION]
    assert tokenize(sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("", []),
        (" \t\n", []),
        ("...", []),
        ("A dog barks.", ["a", "dog", "barks"]),
        (
            "It's a low-pitched hum, isn't it?",
            ["it", "'s", "a", "low-pitched", "hum", "is", "n't", "it"],
        ),
        ("Rain falls\non a roof.", ["rain", "falls", "on", "a", "roof"]),
    ],
)
def test_plain_cases(sentence: str, words: list[str]) -> None:
    assert tokenize(sentence) == words


@given(st.text(max_size=80))
def test_any_text_gives_words_without_spaces_or_punctuation(text: str) -> None:
    words = tokenize(text)
    assert all(word and word not in PUNCTUATION for word in words)
    assert not any(character.isspace() for word in words for character in word)


@given(st.text(alphabet=st.sampled_from("abz '-.,!"), max_size=60))
def test_no_letter_is_lost(text: str) -> None:
    letters = "".join(character for character in text if character.isalpha())
    kept = "".join(tokenize_with_punctuation(text))
    assert "".join(character for character in kept if character.isalpha()) == letters
