"""Retrieval, alignment and uniformity of an embedding space."""

from __future__ import annotations

import math

import pytest
import torch

from core.objectives.space import space_figures


def test_a_perfect_space() -> None:
    table = torch.eye(4)
    figures = space_figures(table, table)
    assert figures["recall@1"] == 1.0
    assert figures["alignment"] == pytest.approx(0.0, abs=1e-12)
    # All others are orthogonal, at squared distance 2.
    assert figures["uniformity"] == pytest.approx(-4.0)


def test_a_collapsed_space_finds_nothing() -> None:
    figures = space_figures(torch.ones(20, 3), torch.ones(20, 3))
    assert figures["recall@1"] == figures["recall@10"] == 0.0
    assert figures["uniformity"] == pytest.approx(0.0)


def test_recall_counts_the_rank_of_the_own_row() -> None:
    first = torch.eye(12)
    second = torch.roll(torch.eye(12), 1, dims=0) + 0.5 * torch.eye(12)
    figures = space_figures(first, second)
    assert figures["recall@1"] == 0.0
    assert figures["recall@10"] == 1.0


def test_recall_counts_the_rows_ahead_of_the_own_one() -> None:
    # Row k of the second table has k rows between it and the first table's single direction.
    angles = 0.1 * torch.arange(12)
    figures = space_figures(
        torch.tensor([[1.0, 0.0]]).repeat(12, 1), torch.stack([angles.cos(), angles.sin()], dim=1)
    )
    assert figures["recall@1"] == pytest.approx(1 / 12)
    assert figures["recall@10"] == pytest.approx(10 / 12)


def test_alignment_is_the_mean_squared_distance_on_the_unit_sphere() -> None:
    first = torch.tensor([[3.0, 0.0], [0.0, 2.0]])
    second = torch.tensor([[0.0, 5.0], [0.0, -1.0]])
    # A right angle is at squared distance 2, the opposite point at 4.
    assert space_figures(first, second)["alignment"] == pytest.approx(3.0)


def test_uniformity_is_the_logarithm_of_the_mean_potential() -> None:
    first = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    second = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    # Row 0 meets row 1 of the other table at squared distance 4, and row 1 row 0 at 0.
    expected = math.log((math.exp(-8) + 1) / 2)
    assert space_figures(first, second)["uniformity"] == pytest.approx(expected)
