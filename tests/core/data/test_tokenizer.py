from __future__ import annotations

import json
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.tokenizer import BOS, EOS, PAD, SPECIAL_TOKENS, UNK, Tokenizer, split_words
from core.errors import DatasetError

Golden = Callable[[str], Any]


@pytest.fixture(scope="module")
def golden(baseline_json: Golden) -> Any:
    return baseline_json("tokenizer_cases.json")


@pytest.fixture(scope="module")
def fitted(golden: Any) -> Tokenizer:
    return Tokenizer.fit(golden["captions"])


def test_words_ids_and_raw_text_are_those_of_the_baseline(golden: Any, fitted: Tokenizer) -> None:
    for text, words, ids, decoded in golden["cases"]:
        assert split_words(text) == words, text
        assert fitted.encode(text) == ids, text
        assert fitted.decode(ids, raw=True) == decoded, text


def test_vocabulary_and_file_are_those_of_the_baseline(
    baseline_json: Golden, fitted: Tokenizer
) -> None:
    theirs = baseline_json("tokenizer.json")
    assert json.loads(fitted.to_json()) == theirs
    vocabulary = theirs["model"]["vocab"]
    assert list(fitted.words) == sorted(vocabulary, key=vocabulary.get)
    assert Tokenizer.from_json(json.dumps(theirs)) == fitted


def test_ids_begin_with_the_special_tokens() -> None:
    assert (PAD, BOS, EOS, UNK) == (0, 1, 2, 3)
    assert Tokenizer.fit(["b a", "a"]).words == (*SPECIAL_TOKENS, "a", "b")


def test_words_rank_by_frequency_then_alphabet() -> None:
    tokenizer = Tokenizer.fit(["zoo bee", "zoo ant bee cow", "dog"])
    assert tokenizer.words[4:] == ("bee", "zoo", "ant", "cow", "dog")


def test_rare_words_are_kept_and_commas_are_words() -> None:
    assert "," in Tokenizer.fit(["once, only"]).words
    assert Tokenizer.fit(["once, only"]).size == 4 + 3


def test_hyphens_periods_and_the_like_split_words() -> None:
    text = 'Well-known... (a "key/board") [rings]; it - really - does!'
    words = ["well", "known", "a", "key", "board", "rings", ",", "it", "really", "does"]
    assert split_words(text) == words


def test_an_unknown_word_is_unk_or_an_error() -> None:
    tokenizer = Tokenizer.fit(["a dog barks"])
    assert tokenizer.encode("a cat barks") == [BOS, 4, UNK, 5, EOS]
    with pytest.raises(DatasetError, match="'cat'"):
        tokenizer.encode("a cat barks", strict=True)
    assert tokenizer.encode("A dog, barks".replace(",", ""), strict=True)[0] == BOS


def test_a_caption_cannot_end_itself() -> None:
    tokenizer = Tokenizer.fit(["a dog <eos> barks"])
    assert EOS not in tokenizer.encode("a dog <eos> barks")[:-1]


def test_display_joins_commas_and_contractions() -> None:
    tokenizer = Tokenizer.fit(["a man's voice, it doesn't stop, dogs ' barking"])
    ids = tokenizer.encode("A man's voice, it doesn't stop")
    assert tokenizer.decode(ids) == "a man's voice, it doesn't stop"
    assert tokenizer.decode(ids, raw=True) == "a man ' s voice , it doesn ' t stop"


def test_id_of() -> None:
    tokenizer = Tokenizer.fit(["dog"])
    assert tokenizer.id_of("dog") == 4
    assert tokenizer.id_of("cat") is None


@given(st.text(alphabet=string.printable, max_size=40))
def test_the_fast_way_for_ascii_is_the_general_way(text: str) -> None:
    assert split_words(f"{text} é") == [*split_words(text), "é"]


@given(st.text(max_size=40))
def test_splitting_again_changes_nothing(text: str) -> None:
    words = split_words(text)
    assert split_words(" ".join(words)) == words


@given(st.lists(st.text(max_size=20), max_size=6))
def test_fitted_captions_survive_a_round_trip(captions: list[str]) -> None:
    tokenizer = Tokenizer.fit(captions)
    assert Tokenizer.from_json(tokenizer.to_json()) == tokenizer
    for caption in captions:
        assert tokenizer.decode(tokenizer.encode(caption, strict=True), raw=True) == " ".join(
            split_words(caption)
        )


def _changed(content: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> str:
    content = json.loads(json.dumps(content))
    change(content)
    return json.dumps(content)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda c: c.pop("model"), "whole words"),
        (lambda c: c["model"].update(type="BPE"), "whole words"),
        (lambda c: c["normalizer"]["normalizers"].pop(), "other rules"),
        (lambda c: c.update(pre_tokenizer=None), "other rules"),
        (lambda c: c.update(bos_token="<s>"), "special tokens"),
        (lambda c: c["model"]["vocab"].update(dog=900), "gaps"),
        (lambda c: c["model"]["vocab"].update({"<pad>": 1, "<bos>": 0}), "must begin with"),
    ],
)
def test_other_files_are_refused(
    baseline_json: Golden, change: Callable[[dict[str, Any]], object], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        Tokenizer.from_json(_changed(baseline_json("tokenizer.json"), change))


def test_a_word_may_not_stand_twice() -> None:
    with pytest.raises(ValueError, match="'dog' stands twice"):
        Tokenizer([*SPECIAL_TOKENS, "dog", "dog"])
    with pytest.raises(ValueError, match="Expecting value"):
        Tokenizer.from_json("no-json")


def test_importing_the_tokenizer_loads_no_torch() -> None:
    import subprocess
    import sys

    code = "import sys, core.data.tokenizer; sys.exit('torch' in sys.modules)"
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
