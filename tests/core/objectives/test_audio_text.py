"""Negatives of audio-text matching, and the space figures."""

from __future__ import annotations

import pytest
import torch

from core.objectives.audio_text_matching import draw_negatives
from core.objectives.space import space_figures


def test_each_sample_draws_its_own_negative_of_another_clip() -> None:
    clips = torch.tensor([3, 3, 5, 7, 9, 11, 13, 15])
    generator = torch.Generator().manual_seed(1)
    seen = set()
    for _ in range(50):
        negatives, usable = draw_negatives(clips, generator)
        assert usable.all()
        assert (clips[negatives] != clips).all()
        seen.add(tuple(negatives.tolist()))
        assert len(set(negatives.tolist())) > 1
    assert len(seen) == 50


def test_without_another_clip_there_is_no_negative() -> None:
    _, usable = draw_negatives(torch.tensor([4, 4]), torch.Generator())
    assert not usable.any()


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
