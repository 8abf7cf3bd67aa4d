"""Draws by name and position."""

from __future__ import annotations

import torch

from core.training.random_streams import generator, seed_global, seed_of


def test_every_position_of_every_stream_has_a_seed_of_its_own() -> None:
    seeds = [
        seed_of(seed, stream, epoch, batch)
        for seed in (1, 2)
        for stream in ("order", "mixup")
        for epoch in range(20)
        for batch in range(100)
    ]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert max(seeds) > 2**61, "the whole range is used"


def test_counters_are_told_apart_and_do_not_run_together() -> None:
    assert seed_of(1, "order", 1, 12) != seed_of(1, "order", 11, 2)
    assert seed_of(1, "order", 1) != seed_of(1, "order", 1, 0)
    assert seed_of(1, "2:order", 3) != seed_of(1, "order", 2, 3)


def test_a_position_gives_the_same_draws_whatever_was_drawn_before() -> None:
    first = torch.rand(5, generator=generator(7, "order", 3))
    torch.rand(9)
    assert torch.equal(torch.rand(5, generator=generator(7, "order", 3)), first)
    seed_global(7, "dropout", 1)
    masks = torch.rand(4)
    torch.rand(9)
    seed_global(7, "dropout", 1)
    assert torch.equal(torch.rand(4), masks)


def test_seeds_do_not_depend_on_the_version_or_the_machine() -> None:
    """Runs of one seed stay comparable, and an old run can be resumed."""
    assert seed_of(42, "order", 0) == 4010387787157674448
