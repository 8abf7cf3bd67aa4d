from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pytest

from core.config import DecodingConfig
from core.data.tokenizer import BOS, EOS
from core.decoding.agreement import agreement, consensus
from core.decoding.clip_tags import ClipTags
from core.decoding.hypotheses import Hypothesis
from core.decoding.rerank import RankingWeights, likelihood, rerank

TEXTS = {
    4: "a person speaks",
    5: "a dog barks",
    6: "a dog barks and a dog barks",
    7: "a dog barks",
    8: "",
    9: "a dog barks and then rain falls",
}
WEIGHTS = RankingWeights(0.5, 2.5, 2.5, 1.0, 0.0)


def decode(tokens: Sequence[int]) -> str:
    return TEXTS[tokens[0]]


def candidate(token: int, log_prob: float, start: int = BOS) -> Hypothesis:
    return Hypothesis((token, EOS), log_prob, (log_prob, log_prob), start)


def tags(**strengths: float) -> ClipTags:
    return ClipTags(np.array(list(strengths.values()), np.float32), tuple(strengths))


def words_of(found: Sequence[Hypothesis]) -> list[int]:
    return [one.tokens[0] for one in found]


def test_what_is_heard_wins_over_what_is_likely() -> None:
    candidates = [candidate(4, -0.3), candidate(5, -1.0)]
    assert words_of(rerank(candidates, decode, tags(Dog=0.9, Bark=0.9), WEIGHTS)) == [5, 4]
    assert words_of(rerank(candidates, decode, tags(Speech=0.9), WEIGHTS)) == [4, 5]


def test_weights_decide() -> None:
    candidates = [candidate(4, -0.3), candidate(5, -1.0)]
    by_likelihood = RankingWeights(1.0, 0.0, 0.0, 0.0, 0.0)
    assert words_of(rerank(candidates, decode, tags(Dog=0.9), by_likelihood)) == [4, 5]


def test_a_score_is_the_weighted_sum_of_its_parts() -> None:
    names = ("Speech", "Dog", "Rain")
    strengths, times = np.array([0.2, 0.6, 0.8], np.float32), np.array([0.5, 0.3, 0.4], np.float32)
    heard = ClipTags(strengths, names, times)
    weights = RankingWeights(0.5, 3.0, 7.0, 11.0, 13.0)
    candidates = [candidate(9, -1.0), candidate(4, -0.3)]
    found = {one.tokens[0]: one for one in rerank(candidates, decode, heard, weights)}
    parts = agreement(TEXTS[9], heard)
    assert len({parts.precision, parts.coverage, parts.order, 0.0}) == 4, "none stands for another"
    assert found[9].score == pytest.approx(
        0.5 * likelihood(found[9])
        + 3.0 * parts.precision
        + 7.0 * parts.coverage
        + 11.0 * parts.order
        + 13.0 * consensus([TEXTS[9], TEXTS[4]])[0]
    )


def test_every_weight_is_taken_from_its_setting() -> None:
    settings = {"log_prob": 1.0, "precision": 2.0, "coverage": 3.0, "order": 4.0, "consensus": 5.0}
    config = DecodingConfig.model_validate(
        {f"{name}_weight": value for name, value in settings.items()}
    )
    assert asdict(RankingWeights.from_config(config)) == settings


def test_without_tags_likelihood_decides() -> None:
    found = rerank([candidate(5, -1.0), candidate(4, -0.3)], decode, None, WEIGHTS)
    assert words_of(found) == [4, 5]
    assert found[0].score == pytest.approx(0.5 * likelihood(found[0]))


def test_equal_texts_stand_once_with_the_likeliest_words() -> None:
    found = rerank([candidate(5, -1.0), candidate(7, -0.5, start=9)], decode, None, WEIGHTS)
    assert words_of(found) == [7]
    assert found[0].start == 9


def test_repetition_and_silence_stay_only_where_there_is_nothing_else() -> None:
    repeating = [candidate(6, -0.1), candidate(8, -0.1)]
    assert words_of(rerank([*repeating, candidate(5, -3.0)], decode, None, WEIGHTS)) == [5]
    assert set(words_of(rerank(repeating, decode, None, WEIGHTS))) == {6, 8}


def test_long_captions_are_not_held_back_by_their_length_alone() -> None:
    short = Hypothesis((4, EOS), -1.0, (-1.0, -1.0))
    long = Hypothesis((4,) * 9 + (EOS,), -1.0, (-1.0,) * 10)
    assert likelihood(short) == pytest.approx(-2 / 2**0.7)
    assert likelihood(long) == pytest.approx(-10 / 10**0.7)


def test_what_most_candidates_name_wins() -> None:
    candidates = [candidate(4, -0.3), candidate(5, -1.0), candidate(7, -1.1), candidate(5, -1.0)]
    by_consensus = RankingWeights(0.5, 0.0, 0.0, 0.0, 5.0)
    assert words_of(rerank(candidates, decode, None, by_consensus)) == [5, 4]
