"""Figures that are made of others: how, and that they are missing where those are."""

from __future__ import annotations

import pytest

from core.errors import MetricError
from core.evaluation.compute import _fense, _Results, _spider, _spider_fl, _words


def results() -> _Results:
    return _Results(["rain", "wind", "a dog"], [["rain"], ["wind"], ["a dog barks"]])


def test_scores_made_of_others() -> None:
    """Clips with a fluency error keep a tenth; the corpus figure is the mean over clips."""
    found = results()
    found.add("cider_d", [0.4, 1.0, 0.0], 0.4666)
    found.add("spice", [0.2, 0.0, 0.1])
    found.add("sbert_sim", [0.5, 0.6, 0.7])
    found.add("fer", [0.0, 1.0, 0.0])
    for work in (_spider, _spider_fl, _fense):
        work(found)
    assert found.per_clip["spider"] == pytest.approx([0.3, 0.5, 0.05])
    assert found.per_clip["spider_fl"] == pytest.approx([0.3, 0.05, 0.05])
    assert found.per_clip["fense"] == pytest.approx([0.5, 0.06, 0.7])
    assert found.corpus["fense"] == pytest.approx(0.42)
    assert found.corpus["fer"] == pytest.approx(1 / 3)
    assert found.corpus["cider_d"] == 0.4666


def test_references_without_words_do_not_count() -> None:
    words, usable, _ = _words(["A dog barks."], [["...", "a dog"]], stanford=False)
    assert (words, usable) == (["a dog barks"], [["a dog"]])
    with pytest.raises(ValueError, match="clip 2 has no reference"):
        _words(["rain", "wind"], [["rain"], ["!"]], stanford=False)


def test_what_is_missing_is_passed_on() -> None:
    found = results()
    found.add("sbert_sim", [0.5, 0.6, 0.7])
    found.unavailable["fer"] = "The detector is broken."
    with pytest.raises(MetricError, match="The detector is broken"):
        _fense(found)
    with pytest.raises(MetricError, match="CIDEr-D is missing"):
        _spider(found)
