from __future__ import annotations

import statistics

import pytest
import torch

from core.training.mixup import Mixup, draw_mixup, draw_partners


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("size", [2, 3, 7, 64])
def test_partners_are_a_permutation_without_fixed_points(size: int) -> None:
    own = torch.arange(size)
    for seed in range(50):
        partners = draw_partners(size, seeded(seed))
        assert not bool((partners == own).any())
        assert torch.equal(partners.sort().values, own)


def test_partners_are_drawn_evenly() -> None:
    generator = seeded(3)
    seen = torch.zeros(4, 4)
    for _ in range(3000):
        seen[torch.arange(4), draw_partners(4, generator)] += 1
    chance = seen / 3000
    assert bool((chance.diagonal() == 0).all())
    others = chance[~torch.eye(4, dtype=torch.bool)]
    assert bool(((others - 1 / 3).abs() < 0.04).all())


def test_one_clip_has_no_partner() -> None:
    with pytest.raises(ValueError, match="no partner among 1 clips"):
        draw_mixup(1, 0.4, seeded(0))


def test_the_weight_is_one_number_from_the_upper_half_of_a_beta() -> None:
    weights = [draw_mixup(2, 0.4, seeded(seed)).weight for seed in range(4000)]
    assert all(0.5 <= weight <= 1.0 for weight in weights)
    drawn = torch.distributions.Beta(0.4, 0.4)
    torch.manual_seed(0)
    expected = drawn.sample((100_000,))
    expected = torch.maximum(expected, 1 - expected)
    assert abs(statistics.fmean(weights) - expected.mean().item()) < 0.01
    assert abs(statistics.pstdev(weights) - expected.std().item()) < 0.01


def test_a_generator_decides_the_draw() -> None:
    first, second = draw_mixup(9, 0.4, seeded(5)), draw_mixup(9, 0.4, seeded(5))
    assert first.weight == second.weight
    assert torch.equal(first.partners, second.partners)
    assert draw_mixup(9, 0.4, seeded(6)).weight != first.weight


def test_frames_and_words_are_mixed_with_the_same_weight_and_partners() -> None:
    mixup = Mixup(torch.tensor([2, 0, 1]), 0.75)
    frames, embeddings = torch.randn(3, 5, 4), torch.randn(3, 6, 8)
    mixed, lengths = mixup.frames(frames, torch.tensor([2, 5, 3]))
    torch.testing.assert_close(mixed[0], 0.75 * frames[0] + 0.25 * frames[2])
    torch.testing.assert_close(
        mixup.embeddings(embeddings)[1], 0.75 * embeddings[1] + 0.25 * embeddings[0]
    )
    assert lengths.tolist() == [3, 5, 5]
