"""Mono samples: the same whether a file's integers are read as such or as numbers of scale 1."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.audio.files import iterate_blocks, read_audio
from core.audio.mono import mono_blocks
from core.errors import AudioFileError


def noise(channels: int) -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
    """Samples of 16 bits, the two extremes among them."""
    samples = np.random.default_rng(channels).integers(-32_768, 32_768, (150_000, channels))
    samples[:2] = [[-32_768], [32_767]]
    return samples.astype(np.int16)


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_integers_are_scaled_and_averaged_exactly(
    tmp_path: Path, channels: int, suffix: str
) -> None:
    samples = noise(channels)
    path = tmp_path / f"sound.{suffix}"
    soundfile.write(path, samples, 44_100, subtype="PCM_16")
    expected = (samples / np.float32(32_768)).mean(axis=1)
    found = read_audio(path).samples
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)
    # Longer than a block, each of which is read into the memory of the one before.
    kept = list(iterate_blocks(path, 100.0, 44_100))
    np.testing.assert_array_equal(np.concatenate(kept), expected)


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_floating_point_samples_are_averaged(channels: int) -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, (1_000, channels)).astype(np.float32)
    (found,) = mono_blocks(Path("x.wav"), [samples])
    np.testing.assert_array_equal(found, samples.mean(axis=1))


@pytest.mark.parametrize(
    ("samples", "told"),
    [
        ([[np.nan, 0.0]], "no numbers"),
        ([[np.inf, -np.inf]], "no numbers"),
        ([[-np.inf, 0.0]], "no numbers"),
        ([[3e38, 3e38]], "no numbers"),
        ([[0.0, -1e13]], "beyond full scale"),
    ],
)
def test_samples_that_cannot_be_computed_with(samples: list[list[float]], told: str) -> None:
    with pytest.raises(AudioFileError, match=told):
        list(mono_blocks(Path("x.wav"), [np.array(samples, np.float32)]))
