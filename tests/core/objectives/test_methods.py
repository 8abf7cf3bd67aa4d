"""What each contrastive method counts as a negative, and what it is drawn to."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch.nn import functional

from core.config import AudioTextMatchingConfig, AudioTextNTXentConfig, CaptionNTXentConfig
from core.data.batches import CaptionedClips
from core.models.audio_memory import AudioMemory
from core.models.caption_model import CaptionModel
from core.objectives.audio_text_matching import AudioTextMatching
from core.objectives.audio_text_ntxent import AudioTextNTXent
from core.objectives.base import Objective
from core.objectives.caption_ntxent import CaptionNTXent
from core.objectives.inputs import CaptionView, ContrastInputs
from core.objectives.pooling import pool_audio, pool_caption
from tests.core.objectives.conftest import WIDTH, inputs_of


def loss_of(
    objective: Objective, model: CaptionModel, data: CaptionedClips, numbers: list[int]
) -> float:
    return float(objective(inputs_of(model, data, numbers)).loss.detach())


def second_embedding(model: CaptionModel, data: CaptionedClips, number: int) -> torch.Tensor:
    """Return what caption NT-Xent makes of a clip's second caption."""
    clip = torch.tensor([number])
    batch = data.batch(clip, torch.ones_like(clip))
    inputs = ContrastInputs(model, batch, batch.tokens, torch.Generator())
    return pool_caption(inputs.first, "mean")[0].detach()


def test_padded_frames_are_no_part_of_a_clips_embedding(
    model: CaptionModel, clips: CaptionedClips
) -> None:
    lengths = clips.cpu_frame_lengths
    pair = torch.stack([lengths.argmin(), lengths.argmax()])
    batch = clips.batch(pair, torch.zeros_like(pair))
    short = int(batch.frame_lengths[0])
    assert short < batch.frames.shape[1]
    pooled = pool_audio(model.project(batch.frames, batch.frame_lengths))
    alone = model.project(batch.frames[:1, :short], batch.frame_lengths[:1])
    torch.testing.assert_close(pooled[0], alone.frames[0].mean(0))


@pytest.mark.parametrize(
    "objective",
    [
        CaptionNTXent(CaptionNTXentConfig(), WIDTH),
        AudioTextMatching(AudioTextMatchingConfig(), WIDTH),
        AudioTextNTXent(AudioTextNTXentConfig(projection_dim=8), WIDTH, 0),
    ],
)
def test_a_clip_is_never_its_own_negative(
    objective: Objective, model: CaptionModel, clips: CaptionedClips
) -> None:
    assert loss_of(objective, model, clips, [3, 3]) == 0.0
    assert loss_of(objective, model, clips, [3, 5]) > 0.0


def test_the_memory_bank_holds_negatives_of_other_clips_alone(
    model: CaptionModel, clips: CaptionedClips
) -> None:
    objective = CaptionNTXent(CaptionNTXentConfig(memory_bank=2), WIDTH)
    objective.eval()
    assert loss_of(objective, model, clips, [5, 5]) == 0.0, "nothing is in the bank yet"
    objective.train()
    loss_of(objective, model, clips, [5, 5, 7])
    assert objective.bank_clips.tolist() == [5, 5]
    torch.testing.assert_close(objective.bank[0], second_embedding(model, clips, 5))
    assert not objective.bank.requires_grad
    objective.eval()
    assert loss_of(objective, model, clips, [5, 5]) == 0.0
    assert loss_of(objective, model, clips, [7, 7]) > 0.0
    objective.train()
    with torch.no_grad():
        loss_of(objective, model, clips, [9, 9])
    assert objective.bank_clips.tolist() == [5, 5], "a watched term leaves no trace"
    loss_of(objective, model, clips, [9])
    assert objective.bank_clips.tolist() == [9, 5], "the oldest has fallen out"
    expected = [second_embedding(model, clips, clip) for clip in (9, 5)]
    torch.testing.assert_close(objective.bank, torch.stack(expected))


@pytest.mark.parametrize("hears_audio", [True, False])
def test_captions_are_compared_with_or_without_audio(
    model: CaptionModel, clips: CaptionedClips, hears_audio: bool
) -> None:
    objective = CaptionNTXent(CaptionNTXentConfig(hears_audio=hears_audio), WIDTH)
    others = dataclasses.replace(clips, frames=clips.frames.flip(0))
    same = loss_of(objective, model, clips, [3, 5]) == loss_of(objective, model, others, [3, 5])
    assert same is not hears_audio


def test_matching_sets_a_clip_against_a_second_caption_of_another(
    model: CaptionModel, clips: CaptionedClips, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[torch.Tensor] = []
    decode = ContrastInputs.decode

    def spy(self: ContrastInputs, tokens: torch.Tensor, memory: AudioMemory) -> CaptionView:
        decoded.append(tokens)
        return decode(self, tokens, memory)

    monkeypatch.setattr(ContrastInputs, "decode", spy)
    loss_of(AudioTextMatching(AudioTextMatchingConfig(), WIDTH), model, clips, [3, 5])
    numbers = torch.tensor([5, 3])
    mismatched = clips.captions(numbers, torch.ones_like(numbers))
    assert any(torch.equal(tokens, mismatched) for tokens in decoded)


def test_audio_and_text_are_contrasted_both_ways(
    model: CaptionModel, clips: CaptionedClips
) -> None:
    torch.manual_seed(0)
    config = AudioTextNTXentConfig(projection_dim=8, temperature=0.5)
    objective = AudioTextNTXent(config, WIDTH, 0)
    chosen = torch.tensor([3, 5, 7])
    batch = clips.batch(chosen, torch.zeros_like(chosen))
    output = objective(ContrastInputs(model, batch, batch.tokens, torch.Generator()))
    assert output.pairs is not None
    audio, text = (functional.normalize(table, dim=1) for table in output.pairs)
    logits, labels = audio @ text.T / 0.5, torch.arange(3)
    ways = [functional.cross_entropy(table, labels) for table in (logits, logits.T)]
    torch.testing.assert_close(output.loss, (ways[0] + ways[1]) / 2)


def test_a_captions_embedding_knows_nothing_of_the_clip(
    model: CaptionModel, clips: CaptionedClips
) -> None:
    objective = AudioTextNTXent(AudioTextNTXentConfig(projection_dim=8), WIDTH, 0)
    chosen = torch.tensor([3, 5])
    tables = []
    for data in (clips, dataclasses.replace(clips, frames=clips.frames.flip(0))):
        batch = data.batch(chosen, torch.zeros_like(chosen))
        pairs = objective(ContrastInputs(model, batch, batch.tokens, torch.Generator())).pairs
        assert pairs is not None
        tables.append(pairs)
    assert not torch.equal(tables[0][0], tables[1][0])
    assert torch.equal(tables[0][1], tables[1][1])
