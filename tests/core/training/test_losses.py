"""Terms add up by their weights, and what each learns from is its own."""

from __future__ import annotations

import pytest
import torch

from core.models.caption_model import CaptionModel
from core.training.losses import Losses
from core.training.prepare import Prepared
from core.training.validation_losses import validation_losses
from tests.core.training.conftest import tiny_config

CLIPS = torch.tensor([3, 1, 8, 0, 7])
FIRST, SECOND = torch.tensor([0, 1, 2, 0, 1]), torch.tensor([1, 2, 0, 2, 0])


def terms_of(data: Prepared, *names: str) -> dict[str, float]:
    # Without mixup all terms hear the clips as the cross-entropy does, with its dropout.
    config = tiny_config(
        training={"mixup_alpha": 0.0}, objectives=[{"name": name} for name in names]
    )
    torch.manual_seed(0)
    losses = Losses(config, CaptionModel(config.model, data.tokenizer.size, 12), data)
    # Heads are drawn one after the other; here each term has the same, whoever stands before it.
    for name, head in losses.heads.items():
        torch.manual_seed(len(name))
        for weight in head.parameters():
            torch.nn.init.normal_(weight, std=0.1)
    found = losses.backward(data.train, 0, 1, (CLIPS, FIRST, SECOND))
    return {name: float(value) for name, value in found.items()}


def test_a_terms_dropout_does_not_depend_on_the_terms_before_it(data: Prepared) -> None:
    alone = terms_of(data, "audio-text-ntxent")
    second = terms_of(data, "audio-text-matching", "audio-text-ntxent")
    assert second["ce"] == alone["ce"]
    assert second["audio-text-ntxent"] == alone["audio-text-ntxent"]


def test_the_total_of_a_validation_counts_terms_by_their_weights(data: Prepared) -> None:
    terms = [{"name": "caption-ntxent", "weight": 0.25}, {"name": "audio-text-matching"}]
    config = tiny_config(objectives=terms)
    losses = Losses(config, CaptionModel(config.model, data.tokenizer.size, 12), data)
    measuring = validation_losses(losses.model, losses.active(0), data.validation, 4)
    found: dict[str, float] = {}
    while not found:
        try:
            next(measuring)
        except StopIteration as end:
            found = end.value
    expected = found["ce"] + 0.25 * found["caption-ntxent"] + found["audio-text-matching"]
    assert found["total"] == pytest.approx(expected)
