from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from core.confidence import (
    SIGNS,
    Confidence,
    confidence_of,
    confidence_path,
    fit,
    loudest_db,
    signs_of,
    worded,
)
from core.decoding.clip_tags import ClipTags
from core.errors import CheckpointError


def judged(count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Signs of which the second decides: right with probability 1 / (1 + exp(-2 x))."""
    draws = np.random.default_rng(0)
    signs = draws.normal(size=(count, len(SIGNS)))
    chance = 1 / (1 + np.exp(-2 * signs[:, 1]))
    return signs, draws.uniform(size=count) < chance


def model(soft_below: float = 0.5) -> Confidence:
    return fit(*judged(), soft_below=soft_below, fitted_on="drawn numbers")


def test_the_fit_finds_what_decides() -> None:
    signs, right = judged(4000)
    found = fit(signs, right, soft_below=0.5, fitted_on="drawn numbers")
    assert found.weights[1] == pytest.approx(2.0, abs=0.2)
    assert np.abs(np.delete(found.weights, 1)).max() < 0.15
    told = np.array([found.probability(row) for row in signs])
    for low in (0.1, 0.3, 0.5, 0.7):
        inside = (told >= low) & (told < low + 0.2)
        assert right[inside].mean() == pytest.approx(told[inside].mean(), abs=0.05)


def test_probabilities_stay_inside_for_any_signs() -> None:
    for value in (-1e9, 0.0, 1e9):
        assert 0 < model().probability([value] * len(SIGNS)) < 1


def test_one_kind_alone_teaches_nothing() -> None:
    signs, right = judged(10)
    with pytest.raises(ValueError, match="both needed"):
        fit(signs, np.ones_like(right), soft_below=0.5, fitted_on="nothing")


def test_it_lies_beside_its_checkpoint(tmp_path: Path) -> None:
    checkpoint = tmp_path / "starter.safetensors"
    assert confidence_of(checkpoint) is None
    made = model()
    made.save(confidence_path(checkpoint))
    assert confidence_path(checkpoint).name == "starter.confidence.json"
    assert confidence_of(checkpoint) == made


@pytest.mark.parametrize(
    "content", ["", "{}", "[1]", '{"signs": ["log_prob"]}', '{"signs": null, "weights": 3}']
)
def test_a_damaged_file_is_one_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "starter.confidence.json"
    path.write_text(content)
    with pytest.raises(CheckpointError, match=r"starter\.confidence\.json.*remove it"):
        Confidence.load(path)


def test_signs_of_a_caption_that_agrees_and_of_one_without_tags() -> None:
    tags = ClipTags(np.array([0.8, 0.1], np.float32), ("Dog", "Rain"))
    signs = dict(zip(SIGNS, signs_of("a dog barks", -1.5, tags, math.e), strict=True))
    assert signs["log_prob"] == -1.5
    assert 0.7 < signs["precision"] < 0.81
    assert signs["loudest_tag"] == pytest.approx(0.8)
    assert signs["seconds"] == pytest.approx(1.0)
    assert signs_of("a dog barks", -1.5, None, 1.0) == (-1.5, 0.0, 0.0, 0.0, 0.0, 0.0)


def test_unsure_captions_are_worded_as_possible() -> None:
    made = model(soft_below=0.4)
    assert worded("a dog barks", 0.41, made) == ("a dog barks", "plain")
    assert worded("a dog barks", 0.39, made) == ("possibly a dog barks", "possible")
    assert worded("a dog barks", None, None) == ("a dog barks", "plain")


def test_levels() -> None:
    rate = 16_000
    tone = np.sin(np.arange(rate) * 0.3).astype(np.float32)
    assert loudest_db(tone, rate) == pytest.approx(-3.01, abs=0.05)
    assert loudest_db(tone * 0.001, rate) == pytest.approx(-63.01, abs=0.05)
    burst = np.concatenate((np.zeros(9 * rate, np.float32), tone))
    assert loudest_db(burst, rate) == pytest.approx(-3.01, abs=0.05)
    assert loudest_db(np.full(rate, 0.5, np.float32), rate) < -100
    assert loudest_db(np.zeros(rate, np.float32), rate) == -math.inf
    assert loudest_db(np.zeros(0, np.float32), rate) == -math.inf
