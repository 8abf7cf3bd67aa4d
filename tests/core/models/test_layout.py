"""Leaving padding out changes no state, no loss and no gradient."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from core.config import ModelConfig
from core.models import caption_model
from core.models.caption_model import CaptionModel
from core.models.layout import ROWS_MULTIPLE, Layout, Packed, Padded, layout_for, pack

REAL = torch.arange(5) < torch.tensor([[5], [2], [3], [4]])


def test_rows_are_the_real_positions() -> None:
    layout = Packed(4, 5, REAL.flatten().nonzero()[:, 0])
    values = torch.randn(4, 5, 6)
    rows = layout.rows(values)
    assert torch.equal(rows, values[REAL])
    assert torch.equal(layout.padded(rows), values * REAL[..., None])
    assert torch.equal(Padded(4, 5).padded(Padded(4, 5).rows(values)), values)


@pytest.mark.parametrize("batch", [4, 2])
def test_heads_are_laid_out_alike(batch: int) -> None:
    """Both layouts split and merge heads alike, also with captions side by side."""
    packed = pack(REAL, REAL.device).side_by_side(batch)
    plain = Padded(4, 5).side_by_side(batch)
    values = torch.randn(4, 5, 3 * 2 * 4, dtype=torch.float64)
    rows = packed.rows(values.view(batch, -1, 24)).requires_grad_()
    dense = values.clone().requires_grad_()
    seen = REAL.view(batch, 1, -1, 1)

    def merged(layout: Layout, given: Tensor) -> Tensor:
        query, keys, third = layout.split_heads(given, 3, 2)
        assert query.shape == (batch, 2, 20 // batch, 4)
        return layout.merge_heads((query * keys + third) * seen)

    ours, expected = merged(packed, rows), merged(plain, dense.flatten(0, 1))
    assert torch.equal(ours, packed.rows(expected.view(batch, -1, 8)))
    ours.square().sum().backward()
    expected.square().sum().backward()
    assert rows.grad is not None
    assert dense.grad is not None
    assert torch.equal(packed.padded(rows.grad), dense.grad.view(batch, -1, 24))


def test_the_number_of_rows_is_rounded_up_where_there_is_padding_enough() -> None:
    real = torch.arange(20) < torch.tensor([[20]] * 3 + [[1]] * 7)
    assert int(real.sum()) == 67
    layout = pack(real, real.device)
    assert len(layout.places) == 2 * ROWS_MULTIPLE
    assert set(real.flatten().nonzero()[:, 0].tolist()) <= set(layout.places.tolist())
    assert torch.equal(layout.places, layout.places.sort().values)
    assert len(pack(REAL, REAL.device).places) == REAL.numel()
    assert isinstance(layout_for(REAL.to("meta")), Padded)


@pytest.mark.parametrize("captions", [1, 2])
def test_a_model_learns_the_same_without_padding(
    monkeypatch: pytest.MonkeyPatch, captions: int
) -> None:
    torch.manual_seed(0)
    settings = ModelConfig(
        d_model=16, layers=2, heads=4, feedforward=24, dropout=0, projection_dropout=0
    )
    model = CaptionModel(settings, vocabulary_size=20, audio_dim=6)
    frames, lengths = torch.randn(8, 30, 6), torch.tensor([30, 3, 9, 12, 20, 1, 7, 8])
    real = torch.arange(12) < torch.randint(1, 13, (8 * captions, 1))
    tokens = torch.randint(1, 20, real.shape) * real

    def gradients() -> tuple[Tensor, list[Tensor]]:
        memory = model.with_keys_values(model.project(frames, lengths))
        states = model.decode_real(model.embed(tokens), real, memory)[real]
        loss = model.classify(states).logsumexp(dim=-1).square().mean()
        return states, list(torch.autograd.grad(loss, [*model.parameters()]))

    states, packed = gradients()
    monkeypatch.setattr(caption_model, "layout_for", lambda real: Padded(*real.shape))
    expected_states, expected = gradients()
    torch.testing.assert_close(states, expected_states)
    torch.testing.assert_close(packed, expected, rtol=1e-4, atol=1e-6)
