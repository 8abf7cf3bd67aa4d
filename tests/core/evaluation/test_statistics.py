from __future__ import annotations

import pytest

from core.evaluation.statistics import STATISTICS, caption_statistics


def test_figures_of_a_few_captions() -> None:
    figures = caption_statistics(["A dog barks.", "a dog barks", "rain falls on a roof"])
    assert figures == {
        "vocabulary": 7,
        "words_per_caption": pytest.approx(11 / 3),
        "distinct_captions": 2,
    }


def test_nothing_gives_zeros() -> None:
    assert caption_statistics([]) == dict.fromkeys(STATISTICS, 0)
    assert caption_statistics(["..."])["words_per_caption"] == 0
