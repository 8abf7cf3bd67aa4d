"""Extending the vocabulary of a trained model."""

from __future__ import annotations

import torch
from torch import Tensor

from core.models.caption_model import CaptionModel

_OF_WORDS = ("embedding.weight", "classifier.weight", "classifier.bias", "classifier_bias")


def with_new_words(trained: CaptionModel, model: CaptionModel) -> dict[str, Tensor]:
    """Return the weights of `trained` for `model`, whose vocabulary starts with the same words.

    Words that `trained` lacks keep their weights of `model`. A model with fewer words or other
    sizes is not supported: loading the result into it then fails with the reason.
    """
    state = trained.state_dict()
    known = trained.vocabulary_size
    if model.vocabulary_size > known:
        fresh = model.state_dict()
        for name in _OF_WORDS:
            if name in state and name in fresh:
                new = fresh[name][known:].to(state[name].device)
                state[name] = torch.cat((state[name], new))
    return state
