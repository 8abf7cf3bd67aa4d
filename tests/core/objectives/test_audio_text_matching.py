"""Audio-text matching: its negatives, and its loss on pairs that are decoded one by one."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from core.config import AudioTextMatchingConfig
from core.config.objectives import Pooling
from core.data.batches import CaptionedClips
from core.models.caption_model import CaptionModel
from core.objectives.audio_text_matching import AudioTextMatching, draw_negatives
from tests.core.objectives.conftest import WIDTH, inputs_of, token_states


def test_each_sample_draws_its_own_negative_of_another_clip() -> None:
    clips = torch.tensor([3, 3, 5, 7, 9, 11, 13, 15])
    generator = torch.Generator().manual_seed(1)
    seen = set()
    for _ in range(50):
        negatives, usable = draw_negatives(clips, generator)
        assert usable.all()
        assert (clips[negatives] != clips).all()
        seen.add(tuple(negatives.tolist()))
        assert len(set(negatives.tolist())) > 1
    assert len(seen) == 50


def test_without_another_clip_there_is_no_negative() -> None:
    _, usable = draw_negatives(torch.tensor([4, 4]), torch.Generator())
    assert not usable.any()


@pytest.mark.parametrize("pooling", ["last", "mean"])
def test_loss_and_accuracy_of_matched_and_mismatched_pairs(
    model: CaptionModel, clips: CaptionedClips, pooling: Pooling
) -> None:
    objective = AudioTextMatching(AudioTextMatchingConfig(pooling=pooling), WIDTH)
    # Of two clips each has the other's second caption as its negative.
    states = [
        token_states(model, clips, clip, caption, heard).detach()
        for clip, caption, heard in ((3, 0, 3), (5, 0, 5), (5, 1, 3), (3, 1, 5))
    ]
    pooled = torch.stack([one[-1] if pooling == "last" else one.mean(0) for one in states])
    # A head that tells the two kinds apart by the line between their means.
    matched, mismatched = pooled[:2].mean(0), pooled[2:].mean(0)
    direction = matched - mismatched
    objective.head.weight.data = torch.stack([-direction, direction])
    objective.head.bias.data = torch.tensor([1.0, -1.0]) * (direction @ (matched + mismatched) / 2)
    logits, labels = objective.head(pooled), torch.tensor([1, 1, 0, 0])
    output = objective(inputs_of(model, clips, [3, 5]))
    torch.testing.assert_close(output.loss, functional.cross_entropy(logits, labels))
    assert float(output.figures["accuracy"]) == 1.0
