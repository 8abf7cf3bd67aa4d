"""What a blind test came to begins with whether a preference is shown."""

from __future__ import annotations

import pytest

from app.pages.compare.blind_words import result_sentence
from core.evaluation.blind import BlindSession, Side, Trial


def session(first: int, second: int) -> BlindSession:
    sides: list[Side] = ["left"] * first + ["right"] * second
    trials = [Trial(f"c{n}", 0, ("a dog", "a cat"), side) for n, side in enumerate(sides)]
    return BlindSession("one", ("CE", "CE + CL"), "", "", tuple(trials), "")


@pytest.mark.parametrize(
    ("wins", "begins"),
    [
        ((2, 20), '"CE + CL" is preferred to "CE", 20 to 2: 91 % of the decided clips, 95 % '),
        ((20, 2), '"CE" is preferred to "CE + CL", 20 to 2: 91 % of the decided clips, 95 % '),
        ((5, 7), 'No preference shown: "CE + CL" was preferred to "CE", 7 to 5: 58 % of'),
        ((3, 3), 'No preference shown: "CE" and "CE + CL" were preferred equally often, 3 to 3'),
        ((0, 0), "No caption was preferred."),
    ],
)
def test_first_whether_a_preference_is_shown(wins: tuple[int, int], begins: str) -> None:
    assert result_sentence(session(*wins)).startswith(begins)
    assert "p = 0.000" not in result_sentence(session(*wins))
