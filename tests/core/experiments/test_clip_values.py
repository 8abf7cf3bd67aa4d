"""Figures of single clips for metrics that belong to a corpus."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.evaluation.bleu import bleu_counts, bleu_scores
from core.evaluation.comparison import SystemScores
from core.evaluation.evaluation_files import KeptEvaluation
from core.experiments.analysis import clip_values

CAPTIONS = ["a dog barks loudly at a cat", "rain falls on the roof", "a dog runs", "birds sing"]
REFERENCES = ["a dog barks at a cat", "rain falls hard on a roof", "the dog runs off", "birds sing"]
CLIPS = tuple("abcd")


def evaluation() -> KeptEvaluation:
    counts = bleu_counts([text.split() for text in CAPTIONS], [[t.split()] for t in REFERENCES])
    system = SystemScores("s", CLIPS, {"cider_d": np.arange(4.0)}, {"bleu": counts}, {})
    return KeptEvaluation(Path("s"), "s", "d", "test", (), system, {})


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_a_clips_part_in_bleu_is_how_much_the_score_hangs_on_it(order: int) -> None:
    counts = evaluation().system.counts["bleu"]
    whole = bleu_scores(counts.sum(0))[order - 1]
    without = [bleu_scores(np.delete(counts, clip, axis=0).sum(0))[order - 1] for clip in range(4)]
    values = clip_values(f"bleu_{order}", evaluation(), CLIPS)
    assert values is not None
    assert values.mean() == pytest.approx(whole)
    # The jackknife: four times the whole minus three times what is left without the clip.
    pseudo = np.array([4 * whole - 3 * rest for rest in without])
    assert values - values.mean() == pytest.approx(pseudo - pseudo.mean())


def test_a_mean_over_clips_has_its_own_values_in_the_order_asked_for() -> None:
    values = clip_values("cider_d", evaluation(), ("d", "b"))
    assert values is not None and values.tolist() == [3.0, 1.0]


@pytest.mark.parametrize("metric", ["meteor", "vocabulary"])
def test_without_counts_a_corpus_figure_has_no_values(metric: str) -> None:
    assert clip_values(metric, evaluation(), CLIPS) is None
