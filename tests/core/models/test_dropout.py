"""Dropout masks: their share, their scale, their seed."""

from __future__ import annotations

import pytest
import torch

from core.models.dropout import Dropout, dropout, keep_mask


@pytest.mark.parametrize("probability", [0.1, 0.2, 0.5, 0.9])
def test_the_share_is_dropped_and_the_rest_scaled(probability: float) -> None:
    torch.manual_seed(0)
    mask = keep_mask(torch.Size([1000, 403]), probability, torch.float32)
    dropped = (mask == 0).float()
    spread = (probability * (1 - probability) / mask.numel()) ** 0.5
    assert abs(float(dropped.mean()) - probability) < 4 * spread
    kept = mask[mask > 0]
    assert torch.equal(kept, kept[:1].expand_as(kept))
    assert float(kept[0]) == pytest.approx(1 / (1 - probability), rel=2e-4)
    # Neighbours come from the same draw of 64 bits, and must not know of each other.
    together = float((dropped[:, :-1] * dropped[:, 1:]).mean())
    assert together == pytest.approx(probability**2, abs=0.004)


def test_equal_seeds_give_equal_masks() -> None:
    values = torch.ones(7, 13)
    torch.manual_seed(3)
    one, other = dropout(values, 0.5), dropout(values, 0.5)
    torch.manual_seed(3)
    assert torch.equal(dropout(values, 0.5), one)
    assert not torch.equal(one, other)


def test_gradients_are_those_of_what_was_kept() -> None:
    values = torch.randn(5, 6, requires_grad=True)
    dropped = dropout(values, 0.5)
    dropped.sum().backward()
    assert torch.equal(values.grad, (dropped != 0) * 2.0)


def test_nothing_is_dropped_when_not_training_or_not_asked() -> None:
    values = torch.randn(5, 6)
    assert Dropout(0.5).eval()(values) is values
    assert Dropout(0.0)(values) is values
    assert not torch.equal(Dropout(0.5)(values), values)
