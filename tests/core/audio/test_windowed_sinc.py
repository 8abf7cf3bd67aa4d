"""The baseline's resampling, against torchaudio's own function."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.audio.resample import resample, resample_blocks
from core.audio.torchaudio_compat import load_torchaudio

RATES = [44_100, 48_000, 16_000, 22_050, 8_000, 96_000, 11_025]


def noise(count: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.random.default_rng(count).uniform(-0.5, 0.5, count).astype(np.float32)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("count", [1, 440, 9_999])
def test_samples_are_those_of_torchaudio(rate: int, count: int) -> None:
    samples = noise(count)
    load_torchaudio()
    from torchaudio.functional import resample as theirs

    expected = theirs(torch.from_numpy(samples), rate, 32_000).numpy()
    found = resample(samples, rate, 32_000)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("rate", [44_100, 48_000, 44_101])
@pytest.mark.parametrize("size", [1, 333, 5_000])
def test_blocks_leave_no_seams(rate: int, size: int) -> None:
    samples = noise(9_000 if size > 1 else 700)
    blocks = [samples[start : start + size] for start in range(0, len(samples), size)]
    parts = list(resample_blocks(blocks, rate, 32_000))
    assert all(len(part) for part in parts)
    whole = resample(samples, rate, 32_000)
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=0, atol=1e-6)


def test_nothing_gives_nothing() -> None:
    assert list(resample_blocks([], 44_100, 32_000)) == []
    assert list(resample_blocks([noise(0)], 44_100, 32_000)) == []


def test_a_long_sound_is_filtered_in_portions() -> None:
    samples = noise(700_000)
    parts = [resample(samples[:44_100], 44_100, 32_000), resample(samples, 44_100, 32_000)]
    assert len(parts[1]) == 507_937
    np.testing.assert_allclose(parts[1][:31_980], parts[0][:31_980], rtol=0, atol=1e-6)
