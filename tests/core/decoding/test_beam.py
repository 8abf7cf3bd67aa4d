from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from core.data.stopwords import tokens_allowed_once
from core.data.tokenizer import BOS, EOS, PAD, Tokenizer
from core.decoding.beam import beam_search, search
from core.decoding.rules import DecodingRules
from core.errors import ConfigError
from core.models.caption_model import CaptionModel

Golden = Callable[[str], Any]


class TableCache:
    def __init__(self, clips: int) -> None:
        self.clips = torch.arange(clips)

    def reorder(self, rows: Tensor, width: int) -> None:
        self.clips = self.clips[rows]


class TableDecoder:
    """Looks the logits of the next token up by clip and last token: (clips, V, V)."""

    def __init__(self, table: Tensor) -> None:
        self.table = table.float()
        self.steps = 0

    def start(self, memory: None) -> TableCache:
        return TableCache(len(self.table))

    def step(self, tokens: Tensor, cache: TableCache) -> Tensor:
        self.steps += 1
        return self.table[cache.clips, tokens].clone()


def table(vocabulary: int, chances: dict[int, dict[int, float]]) -> TableDecoder:
    """A decoder of one clip that says `chances[last][next]` and hardly anything else."""
    logits = torch.full((1, vocabulary, vocabulary), -30.0)
    for last, followers in chances.items():
        for following, chance in followers.items():
            logits[0, last, following] = math.log(chance)
    return TableDecoder(logits)


def padded(tokens: tuple[int, ...], length: int) -> list[int]:
    return [*tokens, *[PAD] * (length - len(tokens))]


@contextmanager
def shifted_eos(model: CaptionModel, by: float) -> Iterator[None]:
    bias = model.classifier.bias.data
    before = bias[EOS].item()
    bias[EOS] = before + by
    yield
    bias[EOS] = before


def test_beams_and_scores_are_those_of_the_baseline(
    baseline_json: Golden,
    baseline_tensors: Golden,
    baseline_model: Callable[[str], CaptionModel],
) -> None:
    golden, clips = baseline_json("beams.json"), baseline_tensors("teacher_forcing.safetensors")
    model = baseline_model("small_model.safetensors").eval()
    tokenizer = Tokenizer(golden["words"])
    with torch.no_grad():
        memory = model.project(clips["frames"], clips["lengths"])
    for case in golden["cases"]:
        rules = DecodingRules(
            case["beam_size"],
            case["min_tokens"],
            case["max_tokens"],
            tokens_allowed_once(tokenizer, case["forbid"]),
        )
        with shifted_eos(model, case["eos_bias"]):
            finished = search(model, memory, rules)
        width = len(case["beams"][0][0])
        assert finished.tokens[:, :, :width].tolist() == case["beams"]
        assert not finished.tokens[:, :, width:].any()
        torch.testing.assert_close(
            finished.scores, torch.tensor(case["scores"]), rtol=1e-5, atol=1e-6
        )
        for found, best, score in zip(
            finished.ranked(), case["best"], case["best_score"], strict=True
        ):
            assert padded(found[0].tokens, len(best)) == best
            assert math.isclose(found[0].log_prob, score, rel_tol=1e-5)
        if "greedy" in case:
            for found, greedy in zip(finished.ranked(), case["greedy"], strict=True):
                assert padded(found[0].tokens, len(greedy)) == greedy


def test_ties_resolve_as_in_the_baseline(baseline_json: Golden, baseline_tensors: Golden) -> None:
    tensors = baseline_tensors("ties.safetensors")
    for case, logits in zip(baseline_json("ties.json"), tensors["tables"], strict=True):
        rules = DecodingRules(
            case["beam_size"],
            case["min_tokens"],
            case["max_tokens"],
            tensors["once"] if case["banned"] else None,
        )
        finished = search(TableDecoder(logits), None, rules)
        width = len(case["beams"][0][0])
        assert finished.tokens[:, :, :width].tolist() == case["beams"]
        torch.testing.assert_close(
            finished.scores, torch.tensor(case["scores"]), rtol=1e-5, atol=1e-6
        )
        for found, best in zip(finished.ranked(), case["best"], strict=True):
            assert padded(found[0].tokens, len(best)) == best


def test_hypotheses_are_sorted_and_scored_by_their_mean(
    baseline_model: Callable[[str], CaptionModel], baseline_tensors: Golden
) -> None:
    clips = baseline_tensors("teacher_forcing.safetensors")
    model = baseline_model("small_model.safetensors").eval()
    frames, lengths = clips["frames"], clips["lengths"]
    for found in beam_search(model, frames, lengths, DecodingRules(4, 3, 9)):
        scores = [hypothesis.log_prob for hypothesis in found]
        assert scores == sorted(scores, reverse=True)
        for hypothesis in found:
            assert len(hypothesis.token_log_probs) == len(hypothesis.tokens)
            mean = sum(hypothesis.token_log_probs) / len(hypothesis.tokens)
            assert math.isclose(hypothesis.log_prob, mean, rel_tol=1e-5)
            assert hypothesis.attention is None


def test_a_clip_is_captioned_alike_alone_and_in_a_batch(
    baseline_model: Callable[[str], CaptionModel], baseline_tensors: Golden
) -> None:
    clips = baseline_tensors("teacher_forcing.safetensors")
    model = baseline_model("small_model.safetensors").eval()
    rules = DecodingRules(3, 3, 12)
    frames, lengths = clips["frames"], clips["lengths"]
    together = beam_search(model, frames, lengths, rules)
    for clip, length in enumerate(lengths.tolist()):
        (alone,) = beam_search(
            model, frames[clip : clip + 1, :length], lengths[clip : clip + 1], rules
        )
        assert [h.tokens for h in alone] == [h.tokens for h in together[clip]]


def test_attention_belongs_to_the_tokens_and_the_real_frames(
    baseline_model: Callable[[str], CaptionModel], baseline_tensors: Golden
) -> None:
    clips = baseline_tensors("teacher_forcing.safetensors")
    model = baseline_model("small_model.safetensors").eval()
    frames, lengths = clips["frames"], clips["lengths"]
    with shifted_eos(model, 2.2):
        found = beam_search(model, frames, lengths, DecodingRules(3, 2, 8), attention=True)
        memory = model.project(frames, lengths)
    for clip, hypotheses in enumerate(found):
        for hypothesis in hypotheses:
            weights = hypothesis.attention
            assert weights is not None
            assert weights.shape == (len(hypothesis.tokens), int(lengths[clip]))
            torch.testing.assert_close(weights.sum(dim=1), torch.ones(len(weights)))
            queries = torch.tensor([[BOS, *hypothesis.tokens[:-1]]])
            alone = model.attention(queries, memory.select(torch.tensor([clip])))
            expected = alone.mean(dim=1)[0, :, : int(lengths[clip])]
            torch.testing.assert_close(weights, expected, rtol=1e-4, atol=1e-6)


def test_no_caption_ends_before_the_minimum() -> None:
    decoder = table(8, {BOS: {EOS: 0.9, 4: 0.1}, 4: {EOS: 0.9, 4: 0.1}})
    for least in (0, 1, 3):
        (found,) = search(decoder, None, DecodingRules(1, least, 9)).ranked()
        assert found[0].tokens == (4,) * least + (EOS,)


def test_the_maximum_counts_the_end_token_and_closes_without_it() -> None:
    decoder = table(8, {BOS: {4: 1.0}, 4: {5: 1.0}, 5: {EOS: 1.0}})
    assert search(decoder, None, DecodingRules(1, 0, 3)).ranked()[0][0].tokens == (4, 5, EOS)
    assert search(decoder, None, DecodingRules(1, 0, 2)).ranked()[0][0].tokens == (4, 5)


def test_a_finished_hypothesis_keeps_its_slot() -> None:
    # Refilling would find (5, 7, EOS) and (5, 6, EOS), both better than what goes through 4.
    decoder = table(
        9,
        {
            BOS: {4: 0.6, 5: 0.4},
            4: {EOS: 0.9, 8: 0.1},
            5: {6: 0.5, 7: 0.5},
            6: {EOS: 1.0},
            7: {EOS: 1.0},
            8: {EOS: 1.0},
        },
    )
    (found,) = search(decoder, None, DecodingRules(2, 0, 6)).ranked()
    assert [hypothesis.tokens for hypothesis in found] == [(4, EOS), (5, 6, EOS)]


def test_scores_are_normalised_by_length_with_exponent_one() -> None:
    decoder = table(8, {BOS: {EOS: 0.3, 4: 0.7}, 4: {5: 0.6, EOS: 0.4}, 5: {EOS: 1.0}})
    (found,) = search(decoder, None, DecodingRules(2, 0, 5)).ranked()
    assert [hypothesis.tokens for hypothesis in found] == [(4, 5, EOS), (EOS,)]
    assert math.isclose(found[0].log_prob, math.log(0.7 * 0.6) / 3, rel_tol=1e-5)
    assert math.isclose(found[1].log_prob, math.log(0.3), rel_tol=1e-5)


def test_the_first_step_expands_one_beam_only() -> None:
    decoder = table(9, {BOS: {4: 0.5, 5: 0.3, 6: 0.2}, 4: {EOS: 1}, 5: {EOS: 1}, 6: {EOS: 1}})
    (found,) = search(decoder, None, DecodingRules(3, 0, 4)).ranked()
    assert [hypothesis.tokens[0] for hypothesis in found] == [4, 5, 6]


def test_banned_words_are_excluded_before_the_softmax() -> None:
    decoder = table(8, {BOS: {4: 1.0}, 4: {4: 0.8, 5: 0.15, EOS: 0.05}, 5: {EOS: 1.0}})
    once = torch.ones(8, dtype=torch.bool)
    (found,) = search(decoder, None, DecodingRules(1, 0, 5, once)).ranked()
    assert found[0].tokens == (4, 5, EOS)
    assert math.isclose(found[0].token_log_probs[1], math.log(0.75), rel_tol=1e-4)


def test_stopwords_may_be_repeated() -> None:
    decoder = table(8, {BOS: {4: 1.0}, 4: {4: 0.8, 5: 0.15, EOS: 0.05}, 5: {EOS: 1.0}})
    once = torch.ones(8, dtype=torch.bool)
    once[4] = False
    (found,) = search(decoder, None, DecodingRules(1, 0, 4, once)).ranked()
    assert found[0].tokens == (4, 4, 4, 4)


def test_the_search_stops_when_all_captions_are_finished() -> None:
    decoder = table(8, {BOS: {4: 0.6, 5: 0.4}, 4: {EOS: 1.0}, 5: {EOS: 1.0}})
    search(decoder, None, DecodingRules(2, 0, 20))
    assert decoder.steps == 2


def test_the_audio_is_listened_to_once(
    baseline_model: Callable[[str], CaptionModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = baseline_model("small_model.safetensors").eval()
    calls: list[tuple[int, ...]] = []
    for layer in model.layers:
        monkeypatch.setattr(
            layer.cross_attention.key_value,
            "forward",
            lambda frames, inner=layer.cross_attention.key_value: (
                calls.append(tuple(frames.shape))
                or torch.nn.functional.linear(frames, inner.weight, inner.bias)
            ),
        )
    beam_search(model, torch.randn(4, 9, 24), torch.tensor([9, 3, 5, 1]), DecodingRules(3, 3, 9))
    assert calls == [(4 * 9, 32)] * len(model.layers)


def test_a_beam_wider_than_the_vocabulary_is_refused() -> None:
    with pytest.raises(ConfigError, match="beam_size is 9 but the vocabulary has only 8 tokens"):
        search(table(8, {}), None, replace(DecodingRules(), beam_size=9))
