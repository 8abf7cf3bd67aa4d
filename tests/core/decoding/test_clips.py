"""Captions of stored clips: what is asked of the search, and what is made of its results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch

from core.config import DecodingConfig
from core.data.tokenizer import EOS, Tokenizer
from core.decoding import clips as module
from core.decoding.clips import caption_clips
from core.decoding.hypotheses import Hypothesis
from core.models.caption_model import CaptionModel
from tests.core.training.conftest import random_data, tiny_config

DATA = random_data().train
WORDS = Tokenizer.fit(["a dog barks, then it's quiet"])
RERANK = DecodingConfig(strategy="rerank")


class Encoder:
    """Remembers how many frames of each clip it was shown."""

    tag_names = ("Dog",)

    def __init__(self) -> None:
        self.lengths: list[int] = []

    def tag_logits(self, frames: torch.Tensor) -> torch.Tensor:
        self.lengths.append(len(frames))
        return frames[:, :1]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[DecodingConfig]:
    """The settings of each search; every search finds the same caption, best first."""
    seen: list[DecodingConfig] = []
    tokens = (*WORDS.encode("a dog barks, then it's quiet")[1:-1], EOS)
    found = [Hypothesis(tokens, -0.5, (-0.5,) * len(tokens)), Hypothesis((EOS,), -2.0, (-2.0,))]

    def decode(
        model: object, frames: torch.Tensor, lengths: torch.Tensor, config: DecodingConfig, *_: Any,
        tags: Sequence[object] | None,
    ) -> list[list[Hypothesis]]:  # fmt: skip
        assert (tags is not None) is (config.strategy == "rerank")
        seen.append(config)
        return [found] * len(frames)

    monkeypatch.setattr(module, "decode", decode)
    return seen


def model() -> CaptionModel:
    return CaptionModel(tiny_config().model, WORDS.size, 12)


def test_captions_are_for_people_and_for_metrics(asked: list[DecodingConfig]) -> None:
    found = list(caption_clips(model(), DATA, 5, WORDS, DecodingConfig(), batch_size=2))
    assert [one.clip for one in found] == list(range(5))
    assert len(asked) == 3
    for one in found:
        assert one.text == "a dog barks, then it's quiet"
        assert one.raw == "a dog barks , then it ' s quiet"
        assert one.log_prob == -0.5


def test_more_clips_than_there_are_are_all_of_them(asked: list[DecodingConfig]) -> None:
    found = list(caption_clips(model(), DATA, len(DATA) + 9, WORDS, DecodingConfig()))
    assert [one.clip for one in found] == list(range(len(DATA)))


def test_clips_are_captioned_without_dropout(asked: list[DecodingConfig]) -> None:
    training = model().train()
    next(caption_clips(training, DATA, 1, WORDS, DecodingConfig()))
    assert not training.training


def test_reranking_is_shown_the_real_frames_of_each_clip(asked: list[DecodingConfig]) -> None:
    encoder = Encoder()
    list(caption_clips(model(), DATA, 4, WORDS, RERANK, batch_size=4, encoder=encoder))
    assert encoder.lengths == DATA.cpu_frame_lengths[:4].tolist()
    assert len(set(encoder.lengths)) > 1
    assert [config.strategy for config in asked] == ["rerank"]


def test_without_an_encoder_there_is_no_reranking(asked: list[DecodingConfig]) -> None:
    list(caption_clips(model(), DATA, 2, WORDS, RERANK))
    assert [config.strategy for config in asked] == ["beam"]
