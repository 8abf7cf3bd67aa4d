from __future__ import annotations

import numpy as np
import pytest
import torch

from core.config import DecodingConfig, ModelConfig
from core.data.tokenizer import BOS, Tokenizer
from core.decoding.beam import beam_search
from core.decoding.clip_tags import ClipTags
from core.decoding.rules import DecodingRules
from core.decoding.strategy import decode, predict_tags, start_tokens
from core.errors import ConfigError
from core.models.caption_model import CaptionModel

WORDS = Tokenizer.fit(
    ["a dog barks loudly", "rain falls on a roof", "a siren wails", "people talk and laugh short"]
)
FRAMES = torch.randn(2, 6, 8, generator=torch.Generator().manual_seed(5))
LENGTHS = torch.tensor([6, 4])
RERANK = DecodingConfig(strategy="rerank", beam_size=4, max_tokens=6, samples=12)


class Encoder:
    """Hears the classes that the first frames hold."""

    tag_names = ("Dog", "Rain", "Siren", "Speech")

    def tag_logits(self, frames: torch.Tensor) -> torch.Tensor:
        return frames[:, :4] * 4


@pytest.fixture(params=[False, True], ids=["plain", "clip tokens"])
def model(request: pytest.FixtureRequest) -> CaptionModel:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(11)
        settings = ModelConfig(
            d_model=16, layers=1, heads=2, feedforward=32, clip_tokens=request.param
        )
        return CaptionModel(settings, WORDS.size, 8).eval()


def test_beam_is_beam_search(model: CaptionModel) -> None:
    config = DecodingConfig(max_tokens=6)
    rules = DecodingRules.from_config(config, WORDS)
    expected = beam_search(model, FRAMES, LENGTHS, rules, attention=True)
    assert decode(model, FRAMES, LENGTHS, config, WORDS, attention=True) == expected


def test_reranked_captions_differ_and_are_ranked_by_score(model: CaptionModel) -> None:
    tags = predict_tags(Encoder(), [FRAMES[0], FRAMES[1, :4]])
    found = decode(model, FRAMES, LENGTHS, RERANK, WORDS, tags=tags, attention=True)
    for clip, frames in zip(found, LENGTHS.tolist(), strict=True):
        assert 1 <= len(clip) <= 4
        texts = [WORDS.decode(one.tokens) for one in clip]
        assert len(set(texts)) == len(texts)
        scores = [one.score for one in clip if one.score is not None]
        assert len(scores) == len(clip)
        assert scores == sorted(scores, reverse=True)
        for one in clip:
            assert one.attention is not None
            assert one.attention.shape == (len(one.tokens), frames)
            assert one.attention.sum(dim=1).numpy() == pytest.approx(1.0, abs=1e-5)


def test_what_is_heard_changes_the_caption(model: CaptionModel) -> None:
    strong = DecodingConfig(
        strategy="rerank", max_tokens=6, samples=60, precision_weight=50, coverage_weight=50
    )
    for name, word in (("Rain", "rain"), ("Siren", "siren"), ("Dog", "dog")):
        strengths = np.array([float(tag == name) for tag in Encoder.tag_names], np.float32)
        tags = [ClipTags(strengths, Encoder.tag_names)] * 2
        found = decode(model, FRAMES, LENGTHS, strong, WORDS, tags=tags)
        assert all(word in WORDS.decode(clip[0].tokens) for clip in found)


def test_no_samples_leave_the_beams(model: CaptionModel) -> None:
    config = RERANK.model_copy(update={"samples": 0, "log_prob_weight": 1.0})
    found = decode(model, FRAMES, LENGTHS, config, WORDS)
    beams = beam_search(model, FRAMES, LENGTHS, DecodingRules.from_config(config, WORDS))
    for clip, expected in zip(found, beams, strict=True):
        assert {one.tokens for one in clip} <= {one.tokens for one in expected}


def test_start_words_add_their_captions(model: CaptionModel) -> None:
    config = RERANK.model_copy(update={"start_words": "short <bos>", "beam_size": 18})
    assert start_tokens(config, WORDS) == (BOS, WORDS.id_of("short"))
    found = decode(model, FRAMES, LENGTHS, config, WORDS)
    assert {one.start for clip in found for one in clip} == set(start_tokens(config, WORDS))


def test_attention_is_that_of_the_start_token_a_caption_began_with(model: CaptionModel) -> None:
    config = RERANK.model_copy(update={"start_words": "short", "beam_size": 18})
    found = decode(model, FRAMES, LENGTHS, config, WORDS, attention=True)
    memory = model.project(FRAMES, LENGTHS).select(torch.tensor([0]))
    short = next(one for one in found[0] if one.start == WORDS.id_of("short"))
    assert short.attention is not None and short.layer_attention is not None
    queries = torch.tensor([[short.start, *short.tokens[:-1]]])
    expected = model.attention(queries, memory)[0, :, :, : int(LENGTHS[0])]
    torch.testing.assert_close(short.layer_attention, expected)
    torch.testing.assert_close(short.attention, expected.mean(dim=0))


def test_an_unknown_start_word_is_one_sentence(model: CaptionModel) -> None:
    config = RERANK.model_copy(update={"start_words": "<poem>"})
    with pytest.raises(ConfigError, match="'<poem>'"):
        decode(model, FRAMES, LENGTHS, config, WORDS)


def test_an_encoder_without_tags_hears_nothing() -> None:
    assert predict_tags(object(), [FRAMES[0]]) == [None]
