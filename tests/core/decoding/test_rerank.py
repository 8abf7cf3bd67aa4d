from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from core.data.tokenizer import BOS, EOS
from core.decoding.clip_tags import ClipTags
from core.decoding.hypotheses import Hypothesis
from core.decoding.rerank import RankingWeights, likelihood, rerank

TEXTS = {
    4: "a person speaks",
    5: "a dog barks",
    6: "a dog barks and a dog barks",
    7: "a dog barks",
    8: "",
}
WEIGHTS = RankingWeights(0.5, 2.5, 2.5, 1.0, 0.0)


def decode(tokens: Sequence[int]) -> str:
    return TEXTS[tokens[0]]


def candidate(token: int, log_prob: float, start: int = BOS) -> Hypothesis:
    return Hypothesis((token, EOS), log_prob, (log_prob, log_prob), start)


def tags(**strengths: float) -> ClipTags:
    return ClipTags(np.array(list(strengths.values()), np.float32), tuple(strengths))


def told(found: Sequence[Hypothesis]) -> list[int]:
    return [one.tokens[0] for one in found]


def test_what_is_heard_wins_over_what_is_likely() -> None:
    candidates = [candidate(4, -0.3), candidate(5, -1.0)]
    assert told(rerank(candidates, decode, tags(Dog=0.9, Bark=0.9), WEIGHTS)) == [5, 4]
    assert told(rerank(candidates, decode, tags(Speech=0.9), WEIGHTS)) == [4, 5]


def test_weights_decide() -> None:
    candidates = [candidate(4, -0.3), candidate(5, -1.0)]
    by_likelihood = RankingWeights(1.0, 0.0, 0.0, 0.0, 0.0)
    assert told(rerank(candidates, decode, tags(Dog=0.9), by_likelihood)) == [4, 5]


def test_without_tags_likelihood_decides() -> None:
    found = rerank([candidate(5, -1.0), candidate(4, -0.3)], decode, None, WEIGHTS)
    assert told(found) == [4, 5]
    assert found[0].score == pytest.approx(0.5 * likelihood(found[0]))


def test_equal_texts_stand_once_with_the_likeliest_words() -> None:
    found = rerank([candidate(5, -1.0), candidate(7, -0.5, start=9)], decode, None, WEIGHTS)
    assert told(found) == [7]
    assert found[0].start == 9


def test_stutter_and_silence_stay_only_where_there_is_nothing_else() -> None:
    stuttering = [candidate(6, -0.1), candidate(8, -0.1)]
    assert told(rerank([*stuttering, candidate(5, -3.0)], decode, None, WEIGHTS)) == [5]
    assert set(told(rerank(stuttering, decode, None, WEIGHTS))) == {6, 8}


def test_long_captions_are_not_held_back_by_their_length_alone() -> None:
    short = Hypothesis((4, EOS), -1.0, (-1.0, -1.0))
    long = Hypothesis((4,) * 9 + (EOS,), -1.0, (-1.0,) * 10)
    assert likelihood(short) == pytest.approx(-2 / 2**0.7)
    assert likelihood(long) == pytest.approx(-10 / 10**0.7)


def test_what_most_candidates_name_wins() -> None:
    candidates = [candidate(4, -0.3), candidate(5, -1.0), candidate(7, -1.1), candidate(5, -1.0)]
    by_consensus = RankingWeights(0.5, 0.0, 0.0, 0.0, 5.0)
    assert told(rerank(candidates, decode, None, by_consensus)) == [5, 4]
