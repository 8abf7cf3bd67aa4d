"""Parts of a micro-batch add up to the whole."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from core.models.caption_model import CaptionModel
from core.training.batch_parts import MicroBatch, Part, combined, cut
from core.training.losses import Losses
from core.training.prepare import Prepared
from tests.core.training.conftest import tiny_config

DRY = {"dropout": 0.0, "projection_dropout": 0.0}


def gradients(losses: Losses, data: Prepared, pieces: int) -> tuple[list[Tensor], dict[str, float]]:
    clips = torch.tensor([3, 1, 8, 0, 7, 21, 4])
    first, second = torch.tensor([0, 1, 2, 0, 1, 2, 0]), torch.tensor([1, 2, 0, 2, 0, 1, 1])
    chosen = MicroBatch(clips, first, second)
    parts = cut(data.train, chosen, pieces)
    losses.model.zero_grad()
    terms = [losses.backward(data.train, 0, 0, chosen, part) for part in parts]
    found = [weight.grad.clone() for weight in losses.model.parameters() if weight.grad is not None]
    return found, {name: float(value) for name, value in combined(terms, parts).items()}


@pytest.mark.parametrize("mixup", [0.0, 0.4])
@pytest.mark.parametrize("pieces", [2, 3, 16])
def test_cross_entropy_in_parts_is_that_of_the_whole(
    data: Prepared, mixup: float, pieces: int
) -> None:
    # Captions of unequal length: a part must count by its words.
    data.train.token_lengths[8] = 4
    data.train.tokens[8, :, 4:] = 0
    config = tiny_config(model=DRY, training={"mixup_alpha": mixup})
    torch.manual_seed(0)
    losses = Losses(config, CaptionModel(config.model, data.tokenizer.size, 12), data)
    whole, terms = gradients(losses, data, 1)
    parts, same_terms = gradients(losses, data, pieces)
    assert len(cut(data.train, MicroBatch(*[torch.zeros(7).long()] * 3), pieces)) == min(pieces, 7)
    for one, other in zip(whole, parts, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)
    assert same_terms == pytest.approx(terms, rel=1e-5)


def test_contrast_in_parts_counts_by_clips(data: Prepared) -> None:
    objectives = [{"name": "caption-ntxent", "weight": 0.5}]
    config = tiny_config(model=DRY, training={"mixup_alpha": 0.0}, objectives=objectives)
    torch.manual_seed(0)
    losses = Losses(config, CaptionModel(config.model, data.tokenizer.size, 12), data)
    _, terms = gradients(losses, data, 2)
    assert terms["total"] == pytest.approx(terms["ce"] + 0.5 * terms["caption-ntxent"])
    _, whole = gradients(losses, data, 1)
    # The same captions against fewer others.
    assert terms["caption-ntxent"] < whole["caption-ntxent"]


def test_terms_of_parts_are_weighted_by_words_or_clips_where_they_are() -> None:
    parts = [
        Part(slice(0, 3), 0, token_share=0.25, clip_share=0.5),
        Part(slice(3, 6), 1, token_share=0.75, clip_share=0.5),
    ]
    terms = [
        {"ce": torch.tensor(1.0), "other": torch.tensor(1.0), "total": torch.tensor(2.0)},
        {"ce": torch.tensor(5.0), "other": torch.tensor(5.0), "total": torch.tensor(3.0)},
    ]
    terms[0]["first"] = torch.tensor(7.0)
    found = {name: float(value) for name, value in combined(terms, parts).items()}
    assert found == {"ce": 4.0, "other": 3.0, "total": 5.0, "first": 7.0}
