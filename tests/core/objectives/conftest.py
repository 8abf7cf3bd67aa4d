"""A tiny caption model and random clips, for objectives to be computed on."""

from __future__ import annotations

import pytest
import torch

from core.data.batches import CaptionedClips
from core.models.caption_model import CaptionModel
from core.objectives.inputs import ContrastInputs
from tests.core.training.conftest import random_data, tiny_config

WIDTH = 16


@pytest.fixture(scope="module")
def clips() -> CaptionedClips:
    return random_data().train


@pytest.fixture(scope="module")
def model() -> CaptionModel:
    torch.manual_seed(0)
    return CaptionModel(tiny_config().model, random_data().tokenizer.size, 12).eval()


def inputs_of(model: CaptionModel, data: CaptionedClips, numbers: list[int]) -> ContrastInputs:
    """Return clips with their first captions, and their second ones beside them."""
    chosen = torch.tensor(numbers)
    batch = data.batch(chosen, torch.zeros_like(chosen))
    others = data.captions(chosen, torch.ones_like(chosen))
    return ContrastInputs(model, batch, others, torch.Generator().manual_seed(0))


def token_states(
    model: CaptionModel, data: CaptionedClips, clip: int, caption: int, heard: int | None
) -> torch.Tensor:
    """Return the states (tokens, d) of one caption, decoded alone with the audio of clip `heard`.

    None decodes it without audio. The end token has no state.
    """
    tokens = data.captions(torch.tensor([clip]), torch.tensor([caption]))
    tokens = tokens[:, : int(data.token_lengths[clip, caption])]
    if heard is None:
        memory = model.empty_memory(1)
    else:
        one = torch.tensor([heard])
        batch = data.batch(one, torch.zeros_like(one))
        memory = model.project(batch.frames, batch.frame_lengths)
    return model.decode_tokens(tokens[:, :-1], memory)[0]
