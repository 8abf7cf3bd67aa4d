"""BLEU from counts: what is counted, and the score of summed counts."""

from __future__ import annotations

import importlib.util
import math

import numpy as np
import pytest

from core.evaluation import Scorer
from core.evaluation.bleu import bleu_counts, bleu_scores


@pytest.mark.skipif(importlib.util.find_spec("aac_metrics") is None, reason="no metrics extra")
def test_bleu_of_counts_is_that_of_the_library() -> None:
    captions = ["a man is speaking", "rain falls", "", "the the the the"]
    references = [
        ["a man speaks", "someone speaks", "a man is speaking while a bird is chirping"],
        ["rain is falling hard on a surface"],
        ["a dog barks", "dogs bark"],
        ["the cat sat on the mat"],
    ]
    with Scorer() as scorer:
        names = [f"bleu_{n}" for n in range(1, 5)]
        scores = scorer.score(captions, references, names)
    table = bleu_counts(
        [caption.split() for caption in captions],
        [[text.split() for text in texts] for texts in references],
    )
    assert bleu_scores(table.sum(0)) == pytest.approx([scores.corpus[name] for name in names])
    assert scores.counts["bleu"] == table.tolist()
    clips = np.array([scores.per_clip[name] for name in names]).T
    assert bleu_scores(table)[[0, 1, 3]] == pytest.approx(clips[[0, 1, 3]])


def test_words_are_clipped_by_the_reference_that_has_most_of_them() -> None:
    (counts,) = bleu_counts([["rain"] * 3], [[["rain", "falls"], ["rain", "rain"]]])
    assert counts.tolist() == [2, 1, 0, 0, 3, 2, 1, 0, 3, 2]


@pytest.mark.parametrize(
    ("references", "closest"),
    [(["a b", "a b c d e f g h"], 2), (["a b c d e", "a b c"], 3), (["a b c d e f g", "a"], 1)],
)
def test_the_reference_of_the_closest_length_counts_and_of_two_the_shorter(
    references: list[str], closest: int
) -> None:
    (counts,) = bleu_counts([["w", "x", "y", "z"]], [[text.split() for text in references]])
    assert (counts[-2], counts[-1]) == (4, closest)


@pytest.mark.parametrize(("reference", "brevity"), [(10, 1.0), (8, 1.0), (15, math.exp(-0.5))])
def test_only_captions_that_are_too_short_are_penalised(reference: int, brevity: float) -> None:
    counts = np.array([10.0, 9, 8, 7, 10, 9, 8, 7, 10, reference])
    assert bleu_scores(counts) == pytest.approx([brevity] * 4)


def test_orders_are_geometric_means_of_the_precisions_up_to_them() -> None:
    counts = np.array([8.0, 4, 2, 1, 10, 10, 10, 10, 10, 10])
    precisions = [0.8, 0.4, 0.2, 0.1]
    expected = [math.prod(precisions[:order]) ** (1 / order) for order in range(1, 5)]
    assert bleu_scores(counts) == pytest.approx(expected)
