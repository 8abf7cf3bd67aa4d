"""A difference is told in one sentence that begins with whether it is shown."""

from __future__ import annotations

import pytest

from core.evaluation.difference_words import difference_reading, difference_sentence
from core.evaluation.intervals import Interval
from core.evaluation.registry import METRICS

NAMES = ("CE", "CE + CL")


def told(metric: str, interval: tuple[float, float, float], shown: bool, closing: str = "") -> str:
    found = Interval(*interval)
    return difference_sentence(metric, NAMES, found, "with 3 seeds", shown=shown, closing=closing)


@pytest.mark.parametrize("metric", METRICS)
def test_what_is_not_shown_is_never_called_better(metric: str) -> None:
    for value in (0.05, -0.05):
        sentence = told(metric, (value, value - 0.1, value + 0.1), shown=False)
        assert sentence.startswith("No difference shown: ")
        assert "better" not in sentence.replace("(lower is better)", "") and "worse" not in sentence
        assert "CE + CL was" in sentence or "of CE + CL w" in sentence


def test_the_word_follows_the_direction_of_the_metric() -> None:
    interval = (-0.02, -0.03, -0.01)
    assert told("fer", interval, True).startswith("CE + CL is better than CE by 2.0 FER points")
    assert told("fense", interval, True).startswith("CE + CL is worse than CE by 2.0 FENSE points")
    assert "2.0 FER points lower than CE (lower is better)" in told("fer", interval, False)


def test_a_vocabulary_is_larger_not_better() -> None:
    assert told("vocabulary", (32.0, 20.0, 44.0), True) == (
        "The vocabulary of CE + CL is larger than that of CE by 32 words with 3 seeds, "
        "95 % interval 20 to 44."
    )
    assert told("words_per_caption", (-0.28, -0.5, 0.1), False, "more is needed") == (
        "No difference shown: the captions of CE + CL were 0.28 words shorter than those of CE "
        "with 3 seeds, 95 % interval -0.10 to 0.50; more is needed."
    )
    assert told("distinct_captions", (-12.7, -20.0, -5.0), True) == (
        "The number of distinct captions of CE + CL is lower than that of CE by 13 with 3 seeds, "
        "95 % interval 5 to 20."
    )


def test_an_end_that_decides_is_not_rounded_to_zero() -> None:
    assert "95 % interval 0.03 to 13.70" in told("cider_d", (0.07, 0.0003, 0.137), True)
    assert "95 % interval -0.02 to 9.80" in told("cider_d", (0.049, -0.0002, 0.098), False)


def test_few_words_for_tables() -> None:
    above, names = Interval(0.2, 0.1, 0.3), ("A", "B")
    assert difference_reading("fense", names, above, shown=True) == "B is better"
    assert difference_reading("fer", names, above, shown=True) == "A is better"
    assert difference_reading("vocabulary", names, above, shown=True) == "B is larger"
    assert difference_reading("fense", names, above, shown=False) == "no difference shown"
