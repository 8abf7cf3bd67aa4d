"""Losses of a split, from those of its batches."""

from __future__ import annotations

import pytest
import torch

from core.data.batches import CaptionedClips
from core.models.caption_model import CaptionModel
from core.objectives.inputs import ContrastInputs
from core.training.losses import Losses
from core.training.prepare import Prepared
from core.training.validation_losses import validation_losses
from tests.core.training.conftest import tiny_config


def measured(losses: Losses, data: CaptionedClips, batch_size: int) -> dict[str, float]:
    work = validation_losses(losses.model, losses.active(0), data, batch_size)
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: dict[str, float] = end.value
            return found


def losses_of(data: Prepared) -> Losses:
    terms = [{"name": "caption-ntxent", "weight": 0.25}]
    config = tiny_config(objectives=terms, model={"dropout": 0.5})
    torch.manual_seed(0)
    return Losses(config, CaptionModel(config.model, data.tokenizer.size, 12), data)


def test_a_term_is_the_mean_over_batches_weighted_by_their_clips(data: Prepared) -> None:
    losses = losses_of(data)
    found = measured(losses, data.validation, 4)
    expected, positive = 0.0, 0.0
    for clips in torch.arange(6).split(4):
        batch = data.validation.batch(clips, torch.zeros_like(clips))
        others = data.validation.captions(clips, torch.ones_like(clips))
        inputs = ContrastInputs(losses.model, batch, others, torch.Generator())
        output = losses.active(0)[0].objective(inputs)
        expected += float(output.loss.detach()) * len(clips) / 6
        positive += float(output.figures["positive-similarity"]) * len(clips) / 6
    assert found["caption-ntxent"] == pytest.approx(expected, rel=1e-5)
    assert found["caption-ntxent/positive-similarity"] == pytest.approx(positive, rel=1e-5)
    assert found["total"] == pytest.approx(found["ce"] + 0.25 * expected, rel=1e-5)


def test_the_cross_entropy_does_not_depend_on_the_batches(data: Prepared) -> None:
    losses = losses_of(data)
    found = [measured(losses, data.validation, size)["ce"] for size in (1, 4, 6)]
    assert found == pytest.approx([found[0]] * 3, rel=1e-5)


def test_a_clip_with_one_caption_has_no_second_one(data: Prepared) -> None:
    data.validation.caption_counts[1] = 1
    data.validation.tokens[1, 1:] = 0
    found = measured(losses_of(data), data.validation, 6)
    assert found["caption-ntxent/skipped-pairs"] == 1.0
