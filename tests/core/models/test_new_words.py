from __future__ import annotations

import pytest
import torch

from core.config import ModelConfig
from core.data.tokenizer import Tokenizer
from core.models.caption_model import CaptionModel
from core.models.new_words import with_new_words


@pytest.mark.parametrize("tied", [False, True])
def test_old_words_mean_what_they_meant(tied: bool) -> None:
    settings = ModelConfig(d_model=8, layers=1, heads=2, feedforward=8, tied_embeddings=tied)
    trained, model = CaptionModel(settings, 6, 5).eval(), CaptionModel(settings, 9, 5).eval()
    model.load_state_dict(with_new_words(trained, model))
    frames, lengths, tokens = torch.rand(1, 3, 5), torch.tensor([3]), torch.tensor([[1, 5]])
    logits = model(frames, lengths, tokens)
    torch.testing.assert_close(logits[..., :6], trained(frames, lengths, tokens))
    assert logits.shape[2] == 9


def test_the_same_words_change_nothing() -> None:
    settings = ModelConfig(d_model=8, layers=1, heads=2, feedforward=8)
    trained = CaptionModel(settings, 6, 5)
    weights = with_new_words(trained, CaptionModel(settings, 6, 5))
    assert all(torch.equal(weights[name], tensor) for name, tensor in trained.state_dict().items())


def test_a_vocabulary_grows_behind_its_own_words() -> None:
    old = Tokenizer.fit(["a dog barks"])
    new = old.extended(["a cat meows", "a dog meows"])
    assert new.words[: old.size] == old.words
    assert set(new.words[old.size :]) == {"cat", "meows"}
    assert new.encode("a dog barks") == old.encode("a dog barks")
