"""Resampling whole and in blocks."""

from __future__ import annotations

import numpy as np
import pytest

from core.audio.resample import regroup, resample, resample_blocks


def noise(count: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.random.default_rng(count).uniform(-0.5, 0.5, count).astype(np.float32)


@pytest.mark.parametrize("rates", [(44_100, 16_000), (8_000, 32_000), (384_000, 16_000)])
@pytest.mark.parametrize("count", [1, 7, 20_000])
def test_length_follows_the_rates(rates: tuple[int, int], count: int) -> None:
    output = resample(noise(count), *rates)
    assert output.dtype == np.float32
    assert len(output) == max(1, round(count * rates[1] / rates[0]))


@pytest.mark.parametrize("size", [1_000, 4_410, 44_100])
def test_blocks_leave_no_seams(size: int) -> None:
    samples = noise(44_100)
    blocks = [samples[start : start + size] for start in range(0, len(samples), size)]
    joined = np.concatenate(list(resample_blocks(blocks, 44_100, 16_000)))
    np.testing.assert_allclose(joined, resample(samples, 44_100, 16_000), atol=1e-6)


def test_a_tone_keeps_its_pitch_and_level() -> None:
    def tone(rate: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        return np.sin(2 * np.pi * 1000 * np.arange(rate) / rate).astype(np.float32)

    output = resample(tone(48_000), 48_000, 16_000)
    np.testing.assert_allclose(output[500:-500], tone(16_000)[500:-500], atol=1e-4)


def test_the_same_rate_changes_nothing() -> None:
    samples = noise(100)
    assert resample(samples, 16_000, 16_000) is samples
    empty = np.zeros(0, np.float32)
    assert len(list(resample_blocks([samples, empty], 16_000, 16_000))) == 1


def test_regroup_cuts_anew() -> None:
    samples = noise(1_234)
    blocks = [samples[:5], samples[5:900], samples[900:]]
    groups = list(regroup(blocks, 100))
    assert [len(group) for group in groups] == [100] * 12 + [34]
    np.testing.assert_array_equal(np.concatenate(groups), samples)
    assert list(regroup([], 100)) == []
