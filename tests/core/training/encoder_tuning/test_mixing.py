from __future__ import annotations

import torch

from core.training.encoder_tuning.mixing import badly_recorded, draw


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def tones(count: int) -> torch.Tensor:
    """Patches that have one band each."""
    magnitudes = torch.zeros(count, 96, 64)
    for number in range(count):
        magnitudes[number, :, number] = 1.0
    return magnitudes.half()


def test_a_mixture_has_the_bands_of_both() -> None:
    made = draw(tones(20), torch.ones(20), 64, seeded())
    rows = made.mixed & (made.first != made.second)
    assert 20 < int(rows.sum()) < 60
    for row in rows.nonzero()[:, 0].tolist():
        bands = made.magnitudes[row].mean(0)
        others = torch.ones(64, dtype=torch.bool)
        others[[int(made.first[row]), int(made.second[row])]] = False
        loudest_other = float(bands[others].max())
        assert float(bands[made.first[row]]) > loudest_other
        assert float(bands[made.second[row]]) > loudest_other


def test_what_is_not_mixed_has_its_own_band_alone() -> None:
    made = draw(tones(20), torch.ones(20), 64, seeded(1))
    for row in (~made.mixed).nonzero()[:, 0].tolist():
        assert int(made.magnitudes[row].mean(0).argmax()) == int(made.first[row])


def test_only_patches_with_weight_are_drawn() -> None:
    weights = torch.tensor([0.0, 1.0, 0.0, 3.0])
    made = draw(tones(4), weights, 400, seeded())
    assert set(made.first.tolist()) == {1, 3}
    assert (made.first == 3).float().mean() > 0.6


def test_the_same_seed_draws_the_same() -> None:
    one, other = (draw(tones(6), torch.ones(6), 16, seeded(3)) for _ in range(2))
    assert torch.equal(one.magnitudes, other.magnitudes)


def test_bad_recordings_lose_high_bands_and_never_low_ones() -> None:
    sound = torch.ones(400, 96, 64)
    bad = badly_recorded(sound, seeded())
    slope = bad[:, :, 60:].mean((1, 2)) / bad[:, :, :4].mean((1, 2))
    assert float((slope < 0.1).float().mean()) > 0.1
    assert float(slope.max()) < 6
    assert torch.isfinite(bad).all()
