from __future__ import annotations

import math
from collections import Counter

import pytest
import torch
from torch import Tensor

from core.config import ModelConfig
from core.data.tokenizer import BOS, EOS
from core.decoding.rules import DecodingRules
from core.decoding.sampling import SamplingSettings, nucleus_samples
from core.models.caption_model import CaptionModel

FREE = DecodingRules(min_tokens=0, max_tokens=6)


class TableCache:
    def __init__(self, clips: int) -> None:
        self.clips = torch.arange(clips)

    def reorder(self, rows: Tensor, width: int) -> None:
        self.clips = self.clips[rows]


class TableDecoder:
    """Says what a table (V, V) of probabilities tells after the last token, in every clip."""

    def __init__(self, chances: dict[int, dict[int, float]], clips: int = 1, size: int = 9) -> None:
        self.table = torch.full((size, size), -1e4)
        for last, followers in chances.items():
            for following, chance in followers.items():
                self.table[last, following] = math.log(chance)
        self.clips = clips

    def start(self, memory: None) -> TableCache:
        return TableCache(self.clips)

    def step(self, tokens: Tensor, cache: TableCache) -> Tensor:
        return self.table[tokens].clone()


def first_words(chances: dict[int, float], settings: SamplingSettings) -> Counter[int]:
    then = {word: {EOS: 1.0} for word in chances}
    found = nucleus_samples(TableDecoder({BOS: chances, **then}), None, FREE, settings)
    return Counter(hypothesis.tokens[0] for hypothesis in found[0])


@pytest.fixture
def model() -> CaptionModel:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        settings = ModelConfig(d_model=16, layers=2, heads=2, feedforward=32)
        return CaptionModel(settings, 30, 8).eval()


def test_words_come_as_often_as_they_are_probable() -> None:
    counts = first_words({4: 0.6, 5: 0.3, 6: 0.1}, SamplingSettings(3000, top_p=1.0))
    shares = [counts[word] / 3000 for word in (4, 5, 6)]
    assert shares == pytest.approx([0.6, 0.3, 0.1], abs=0.03)


def test_only_the_nucleus_is_drawn_from() -> None:
    counts = first_words({4: 0.6, 5: 0.3, 6: 0.1}, SamplingSettings(2000, top_p=0.85))
    assert set(counts) == {4, 5}
    assert counts[4] / 2000 == pytest.approx(2 / 3, abs=0.04)
    assert set(first_words({4: 0.6, 5: 0.3, 6: 0.1}, SamplingSettings(50, top_p=0.5))) == {4}


def test_low_temperature_is_bolder_and_scores_stay_the_models() -> None:
    decoder = TableDecoder({BOS: {4: 0.6, 5: 0.4}, 4: {EOS: 1.0}, 5: {EOS: 1.0}})
    settings = SamplingSettings(1000, top_p=1.0, temperature=0.25)
    found = nucleus_samples(decoder, None, FREE, settings)[0]
    shares = Counter(one.tokens[0] for one in found)
    assert shares[4] / 1000 == pytest.approx(0.6**4 / (0.6**4 + 0.4**4), abs=0.03)
    for one in found:
        chance = 0.6 if one.tokens[0] == 4 else 0.4
        assert one.token_log_probs[0] == pytest.approx(math.log(chance), abs=1e-4)
        assert one.log_prob == pytest.approx(sum(one.token_log_probs) / 2)


def test_every_start_token_gets_its_samples() -> None:
    chances = {BOS: {4: 1.0}, 7: {5: 1.0}, 4: {EOS: 1.0}, 5: {EOS: 1.0}}
    found = nucleus_samples(
        TableDecoder(chances, clips=2), None, FREE, SamplingSettings(2), starts=(BOS, 7)
    )
    assert [[one.tokens for one in clip] for clip in found] == [
        [(4, EOS), (4, EOS), (5, EOS), (5, EOS)]
    ] * 2
    assert [one.start for one in found[0]] == [BOS, BOS, 7, 7]


def test_rules_hold_for_samples() -> None:
    chances = {BOS: {4: 0.5, EOS: 0.5}, 4: {4: 0.9, 5: 0.1}, 5: {4: 0.9, 6: 0.1}, 6: {EOS: 1.0}}
    once = torch.ones(9, dtype=torch.bool)
    rules = DecodingRules(min_tokens=2, max_tokens=3, once=once)
    found = nucleus_samples(TableDecoder(chances), None, rules, SamplingSettings(20))[0]
    assert {one.tokens for one in found} == {(4, 5, 6)}


def test_a_clip_gets_the_same_samples_alone_and_in_company(model: CaptionModel) -> None:
    frames = torch.randn(3, 7, 8, generator=torch.Generator().manual_seed(1))
    lengths = torch.tensor([7, 4, 6])
    settings = SamplingSettings(6)
    together = nucleus_samples(model, model.project(frames, lengths), FREE, settings)
    alone = [
        nucleus_samples(
            model, model.project(frames[clip : clip + 1], lengths[clip : clip + 1]), FREE, settings
        )[0]
        for clip in range(3)
    ]
    assert [[one.tokens for one in clip] for clip in together] == [
        [one.tokens for one in clip] for clip in alone
    ]
    again = nucleus_samples(model, model.project(frames, lengths), FREE, settings)
    other = nucleus_samples(
        model, model.project(frames, lengths), FREE, SamplingSettings(6, seed=1)
    )
    assert again == together
    assert other != together


def test_log_probabilities_are_those_of_teacher_forcing(model: CaptionModel) -> None:
    frames = torch.randn(1, 5, 8, generator=torch.Generator().manual_seed(2))
    lengths = torch.tensor([5])
    found = nucleus_samples(model, model.project(frames, lengths), FREE, SamplingSettings(4))[0]
    for one in found:
        given = torch.tensor([[BOS, *one.tokens[:-1]]])
        logits = model(frames, lengths, given)[0].log_softmax(dim=-1)
        expected = logits[torch.arange(len(one.tokens)), torch.tensor(one.tokens)]
        assert one.token_log_probs == pytest.approx(expected.tolist(), abs=1e-4)
