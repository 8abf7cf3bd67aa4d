from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from core.objectives.cross_entropy import mean_per_caption, training_cross_entropy

LOGITS = torch.tensor([[[0.0, 2.0, 1.0], [0.0, 0.5, 3.0]], [[1.0, 0.0, 2.0], [9.0, 9.0, 9.0]]])
TARGETS = torch.tensor([[1, 2], [2, 0]])
LOG_PROBS = LOGITS.log_softmax(dim=-1)
PICKED = [LOG_PROBS[0, 0, 1].item(), LOG_PROBS[0, 1, 2].item(), LOG_PROBS[1, 0, 2].item()]


def per_caption(logits: Tensor, targets: Tensor) -> Tensor:
    losses = functional.cross_entropy(
        logits.flatten(0, 1), targets.flatten(), ignore_index=0, reduction="none"
    )
    return mean_per_caption(losses.view_as(targets), targets, pad=0)


def test_training_averages_over_all_words_of_the_batch() -> None:
    loss = training_cross_entropy(LOGITS, TARGETS, pad=0, label_smoothing=0.0)
    assert loss.item() == pytest.approx(-sum(PICKED) / 3)


def test_smoothing_spreads_over_the_whole_vocabulary() -> None:
    rows = [LOG_PROBS[0, 0], LOG_PROBS[0, 1], LOG_PROBS[1, 0]]
    expected = -sum(0.8 * p + 0.2 * row.mean().item() for p, row in zip(PICKED, rows, strict=True))
    loss = training_cross_entropy(LOGITS, TARGETS, pad=0, label_smoothing=0.2)
    assert loss.item() == pytest.approx(expected / 3)


def test_validation_averages_over_each_caption_first() -> None:
    losses = per_caption(LOGITS, TARGETS)
    assert losses.tolist() == pytest.approx([-(PICKED[0] + PICKED[1]) / 2, -PICKED[2]])


def test_the_two_forms_differ_where_captions_differ_in_length() -> None:
    training = training_cross_entropy(LOGITS, TARGETS, pad=0, label_smoothing=0.0).item()
    validation = per_caption(LOGITS, TARGETS).mean().item()
    assert not math.isclose(training, validation, rel_tol=1e-3)


def test_padding_is_ignored() -> None:
    changed = LOGITS.clone()
    changed[1, 1] = torch.tensor([-5.0, 3.0, 0.0])
    for smoothing in (0.0, 0.2):
        assert torch.equal(
            training_cross_entropy(changed, TARGETS, 0, smoothing),
            training_cross_entropy(LOGITS, TARGETS, 0, smoothing),
        )
    assert torch.equal(per_caption(changed, TARGETS), per_caption(LOGITS, TARGETS))


def test_a_caption_of_padding_has_no_loss() -> None:
    losses = per_caption(LOGITS, torch.zeros_like(TARGETS))
    assert losses.tolist() == [0.0, 0.0]
