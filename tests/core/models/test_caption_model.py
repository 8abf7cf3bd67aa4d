from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from core.config import ModelConfig
from core.models.attention import attention_bias
from core.models.audio_memory import AudioMemory
from core.models.caption_model import CaptionModel, sinusoids
from core.models.layout import Padded

SMALL = ModelConfig(d_model=16, layers=3, heads=4, feedforward=24)


@pytest.fixture
def model() -> CaptionModel:
    torch.manual_seed(0)
    return CaptionModel(SMALL, vocabulary_size=20, audio_dim=6)


@pytest.fixture
def memory(model: CaptionModel) -> AudioMemory:
    model.eval()
    return model.project(torch.randn(3, 5, 6), torch.tensor([5, 2, 4]))


def test_logits_are_those_of_the_baseline(
    baseline_model: Callable[[str], CaptionModel], baseline_tensors: Callable[[str], Any]
) -> None:
    golden = baseline_tensors("teacher_forcing.safetensors")
    model = baseline_model("small_model.safetensors").eval()
    logits = model(golden["frames"], golden["lengths"], golden["tokens"][:, :-1])
    torch.testing.assert_close(logits, golden["logits"], rtol=1e-5, atol=1e-5)


def test_full_size_has_the_baselines_number_of_parameters(
    baseline_json: Callable[[str], Any],
) -> None:
    with torch.device("meta"):
        model = CaptionModel(ModelConfig(), vocabulary_size=4371, audio_dim=768)
    trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert trainable == baseline_json("training.json")["full_size"]["parameters"] == 11_911_699


def test_seed_gives_the_weights_that_torchs_own_modules_would_draw(model: CaptionModel) -> None:
    torch.manual_seed(0)
    projection = nn.Linear(6, 16)
    embedding = nn.Embedding(20, 16, padding_idx=0)
    layer = nn.TransformerDecoderLayer(16, 4, 24)
    classifier = nn.Linear(16, 20)
    for ours in model.layers:
        packed = torch.cat(
            [ours.cross_attention.query.weight, ours.cross_attention.key_value.weight]
        )
        assert torch.equal(
            ours.self_attention.query_key_value.weight, layer.self_attn.in_proj_weight
        )
        assert torch.equal(packed, layer.multihead_attn.in_proj_weight)
        assert torch.equal(ours.cross_attention.output.weight, layer.multihead_attn.out_proj.weight)
        assert torch.equal(ours.expand.bias, layer.linear1.bias)
        assert torch.equal(ours.contract.weight, layer.linear2.weight)
        for bias in ("self_attention.query_key_value", "cross_attention.key_value"):
            assert not ours.get_submodule(bias).bias.any()
    assert torch.equal(model.projection[1].weight, projection.weight)
    assert torch.equal(model.embedding.weight, embedding.weight)
    assert torch.equal(model.classifier.weight, classifier.weight)


def test_layers_start_identical_but_are_not_shared(model: CaptionModel) -> None:
    first, last = model.layers[0].expand.weight, model.layers[2].expand.weight
    assert torch.equal(first, last)
    assert first.data_ptr() != last.data_ptr()


def test_nothing_that_the_baseline_lacks(model: CaptionModel) -> None:
    # Post-norm: the result of the last layer is normalised by that layer alone, and only once.
    assert [name for name, _ in model.named_children()] == [
        "projection",
        "embedding",
        "classifier",
        "layers",
        "dropout",
    ]
    assert model.classifier.weight.data_ptr() != model.embedding.weight.data_ptr()
    assert isinstance(model.layers[0].activation, nn.GELU)


def test_activation_follows_the_settings() -> None:
    settings = SMALL.model_copy(update={"activation": "relu"})
    assert isinstance(CaptionModel(settings, 20, 6).layers[0].activation, nn.ReLU)


def test_embeddings_are_scaled_once_and_only_inside(model: CaptionModel) -> None:
    tokens = torch.tensor([[1, 5]])
    assert torch.equal(model.embed(tokens), model.embedding.weight[tokens])
    model.eval()
    seen = model._with_positions(model.embed(tokens))
    expected = model.embedding.weight[tokens] * math.sqrt(16) + sinusoids(2, 16)
    torch.testing.assert_close(seen, expected)


def test_audio_has_no_positions(model: CaptionModel, memory: AudioMemory) -> None:
    tokens = torch.tensor([[1, 4, 7]])
    one = memory.select(torch.tensor([0]))
    turned = AudioMemory(one.frames.flip(1), one.padding)
    states = model.decode_tokens(tokens, one)
    torch.testing.assert_close(model.decode_tokens(tokens, turned), states)


def test_sinusoids_follow_the_paper() -> None:
    table = sinusoids(50, 8)
    assert table[0].tolist() == [0, 1] * 4
    assert math.isclose(table[7, 4], math.sin(7 / 10000 ** (4 / 8)), rel_tol=1e-5)
    assert math.isclose(table[7, 5], math.cos(7 / 10000 ** (4 / 8)), rel_tol=1e-5)


def test_padding_frames_and_words_are_not_heard(model: CaptionModel) -> None:
    model.eval()
    frames, tokens = torch.randn(2, 5, 6), torch.tensor([[1, 4, 5, 0], [1, 6, 7, 8]])
    lengths = torch.tensor([3, 5])
    logits = model(frames, lengths, tokens)
    frames[0, 3:] = 99.0
    longer = torch.nn.functional.pad(tokens, (0, 3))
    torch.testing.assert_close(model(frames, lengths, longer)[:, :4], logits)


def test_no_word_sees_a_later_one(model: CaptionModel, memory: AudioMemory) -> None:
    tokens = torch.tensor([[1, 4, 5, 6]]).repeat(3, 1)
    changed = tokens.clone()
    changed[:, 3] = 9
    a, b = model.decode_tokens(tokens, memory), model.decode_tokens(changed, memory)
    torch.testing.assert_close(a[:, :3], b[:, :3])
    assert not torch.allclose(a[:, 3], b[:, 3])


@torch.no_grad()
def test_steps_give_the_logits_of_whole_captions(model: CaptionModel, memory: AudioMemory) -> None:
    tokens = torch.randint(1, 20, (3, 6))
    whole = model.classify(model.decode_tokens(tokens, memory))
    cache = model.start(memory)
    for position in range(6):
        logits = model.step(tokens[:, position], cache)
        torch.testing.assert_close(logits, whole[:, position], rtol=1e-4, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("rows", [[0, 0, 1, 1, 2, 2], [0, 2, 2], [1], [0, 1, 1, 2]])
def test_rows_may_be_copied_dropped_and_unevenly_shared(
    model: CaptionModel, memory: AudioMemory, rows: list[int]
) -> None:
    start, then = torch.randint(1, 20, (3, 3)), torch.randint(1, 20, (len(rows), 2))
    cache = model.start(memory)
    for position in range(3):
        model.step(start[:, position], cache)
    chosen = torch.tensor(rows)
    cache.reorder(chosen, width=2)
    assert cache.clips.tolist() == rows
    model.step(then[:, 0], cache)
    logits = model.step(then[:, 1], cache)
    tokens = torch.cat([start[chosen], then], dim=1)
    whole = model.classify(model.decode_tokens(tokens, memory.select(chosen)))
    torch.testing.assert_close(logits, whole[:, -1], rtol=1e-4, atol=1e-5)


def test_shared_keys_and_values_change_nothing(model: CaptionModel, memory: AudioMemory) -> None:
    tokens = torch.randint(1, 20, (4, 5))
    rows = torch.tensor([2, 0, 0, 1])
    listened = model.with_keys_values(memory)
    assert model.with_keys_values(listened) is listened
    plain = model.decode_tokens(tokens, memory.select(rows))
    torch.testing.assert_close(model.decode_tokens(tokens, listened.select(rows)), plain)


def test_attention_says_where_each_layer_looks(model: CaptionModel, memory: AudioMemory) -> None:
    tokens = torch.tensor([[1, 4, 5], [1, 6, 0], [1, 7, 8]])
    weights = model.attention(tokens, memory)
    assert weights.shape == (3, 3, 3, 5)
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(3, 3, 3))
    assert not weights[1, :, :, 2:].any()
    reference = nn.MultiheadAttention(16, 4, batch_first=True)
    attention = model.layers[0].cross_attention
    reference.load_state_dict(
        {
            "in_proj_weight": torch.cat([attention.query.weight, attention.key_value.weight]),
            "in_proj_bias": torch.cat([attention.query.bias, attention.key_value.bias]),
            "out_proj.weight": attention.output.weight,
            "out_proj.bias": attention.output.bias,
        }
    )
    states = model.layers[0].attend_captions(
        model._with_positions(model.embed(tokens)).flatten(0, 1),
        Padded(3, 3),
        attention_bias(torch.ones(3, 3, dtype=torch.bool).tril()),
    )
    states = states.view(3, 3, -1)
    _, expected = reference(states, memory.frames, memory.frames, key_padding_mask=memory.padding)
    torch.testing.assert_close(weights[:, 0], expected, rtol=1e-4, atol=1e-6)


def test_silence_is_the_same_for_every_clip(model: CaptionModel) -> None:
    model.eval()
    states = model.decode_tokens(torch.tensor([[1, 4], [1, 4]]), model.empty_memory(2))
    assert torch.equal(states[0], states[1])
    assert torch.isfinite(states).all()


def test_dropout_acts_in_training_only(model: CaptionModel) -> None:
    frames, lengths, tokens = torch.randn(1, 4, 6), torch.tensor([4]), torch.tensor([[1, 4]])
    assert not torch.equal(model(frames, lengths, tokens), model(frames, lengths, tokens))
    model.eval()
    assert torch.equal(model(frames, lengths, tokens), model(frames, lengths, tokens))


def test_mixed_precision(model: CaptionModel) -> None:
    model.eval()
    frames, lengths = torch.randn(2, 4, 6), torch.tensor([4, 3])
    tokens = torch.tensor([[1, 4, 5], [1, 6, 0]])
    exact = model(frames, lengths, tokens)
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        coarse = model(frames, lengths, tokens)
        cache = model.start(model.project(frames, lengths))
        stepped = model.step(tokens[:, 0], cache)
    assert coarse.dtype is torch.bfloat16
    torch.testing.assert_close(coarse.float(), exact, rtol=0.1, atol=0.1)
    torch.testing.assert_close(stepped.float(), exact[:, 0], rtol=0.1, atol=0.1)


def test_too_long_a_caption_is_refused(model: CaptionModel, memory: AudioMemory) -> None:
    with pytest.raises(ValueError, match="1024 tokens at most, not 1025"):
        model.decode_tokens(torch.ones(3, 1025, dtype=torch.long), memory)
