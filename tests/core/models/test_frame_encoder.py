from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core.config import ModelConfig, RunConfig
from core.data.tokenizer import Tokenizer
from core.models.caption_model import CaptionModel
from core.models.checkpoints import load_checkpoint, save_checkpoint

SETTINGS = ModelConfig(
    d_model=16,
    layers=1,
    heads=2,
    feedforward=32,
    dropout=0.0,
    projection_dropout=0.0,
    frame_positions=True,
    clip_tokens=True,
    encoder_layers=1,
    tied_embeddings=True,
)


def model(**changes: object) -> CaptionModel:
    torch.manual_seed(1)
    return CaptionModel(SETTINGS.model_copy(update=changes), 11, 5).eval()


@pytest.mark.parametrize("part", ["frame_positions", "clip_tokens", "encoder_layers"])
def test_padding_changes_nothing(part: str) -> None:
    off = {"frame_positions": False, "clip_tokens": False, "encoder_layers": 0}
    off[part] = getattr(SETTINGS, part)
    network = model(**off)
    frames, tokens = torch.rand(1, 4, 5), torch.tensor([[1, 5, 6]])
    alone = network(frames, torch.tensor([4]), tokens)
    padded = network(torch.cat((frames, torch.rand(1, 3, 5)), 1), torch.tensor([4]), tokens)
    torch.testing.assert_close(alone, padded, atol=1e-5, rtol=1e-5)


def test_order_is_heard_only_with_places() -> None:
    frames, tokens = torch.rand(1, 4, 5), torch.tensor([[1, 5, 6]])
    lengths = torch.tensor([4])
    for places in (False, True):
        network = model(frame_positions=places)
        same = torch.allclose(
            network(frames, lengths, tokens), network(frames.flip(1), lengths, tokens), atol=1e-5
        )
        assert same is not places


def test_attention_tells_of_frames_alone() -> None:
    network = model()
    memory = network.project(torch.rand(2, 4, 5), torch.tensor([4, 2]))
    weights = network.attention(torch.tensor([[1, 5], [1, 6]]), memory)
    assert weights.shape == (2, 1, 2, 4)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 1, 2))
    assert weights[1, :, :, 2:].abs().max() == 0


def test_words_one_by_one_agree_with_whole_captions() -> None:
    network = model()
    memory = network.project(torch.rand(2, 4, 5), torch.tensor([4, 2]))
    tokens = torch.tensor([[1, 5, 6], [1, 7, 8]])
    whole = network.classify(network.decode_tokens(tokens, memory))
    cache = network.start(memory)
    for place in range(3):
        step = network.step(tokens[:, place], cache)
        torch.testing.assert_close(step, whole[:, place], atol=1e-5, rtol=1e-5)


def test_selecting_clips_keeps_the_clip_tokens() -> None:
    network = model()
    memory = network.project(torch.rand(2, 4, 5), torch.tensor([4, 2]))
    assert memory.select(torch.tensor([1, 1])).clip_tokens == memory.clip_tokens == 2


def test_long_clips_use_the_places_of_short_ones() -> None:
    from core.models.frame_encoder import position_code

    short = position_code(torch.zeros(1, 24, 16), torch.tensor([24]))
    long = position_code(torch.zeros(1, 48, 16), torch.tensor([48]))
    torch.testing.assert_close(short[0], long[0, ::2])


def test_a_tied_checkpoint_comes_back(tmp_path: Path) -> None:
    tokenizer = Tokenizer.fit(["a dog barks", "rain falls"])
    network = CaptionModel(SETTINGS, tokenizer.size, 5).eval()
    path = tmp_path / "tied.safetensors"
    save_checkpoint(path, network, RunConfig(model=SETTINGS), tokenizer)
    loaded = load_checkpoint(path).model
    frames, lengths, tokens = torch.rand(1, 3, 5), torch.tensor([3]), torch.tensor([[1, 4]])
    assert torch.equal(loaded(frames, lengths, tokens), network(frames, lengths, tokens))
    assert not any(name.startswith("classifier.") for name in loaded.state_dict())
