"""What re-implementations of the baseline's training loop usually get wrong."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Generator
from typing import Any

import pytest
import torch
from torch import Tensor

from core.config import replace_fields
from core.data.clips import Clip
from core.data.tokenizer import PAD, Tokenizer
from core.events import CheckpointSaved, RunStarted, StepLogged, ValidationEnded
from core.models.caption_model import CaptionModel
from core.presets import load_preset
from core.runs import RunFolder, create_run
from core.training import train_run
from core.training.batch_parts import MicroBatch
from core.training.losses import Losses
from core.training.prepare import Prepared, prepare
from core.training.trainer import Trainer
from core.training.validation_losses import validation_losses
from tests.core.tiny import KINDS, Tones
from tests.core.tiny import tiny_config as tones_config
from tests.core.training.conftest import random_clips, tiny_config

CPU = torch.device("cpu")


def result_of(generator: Generator[Any, None, Any]) -> Any:
    """Run a generator to its end and give what it returns."""
    while True:
        try:
            next(generator)
        except StopIteration as stop:
            return stop.value


def chosen_batches(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder, data: Prepared
) -> dict[int, list[tuple[Tensor, Tensor, Tensor]]]:
    seen: dict[int, list[tuple[Tensor, Tensor, Tensor]]] = {}
    original = Losses.backward

    def spying(self, split, epoch, number, chosen):  # type: ignore[no-untyped-def]
        seen.setdefault(epoch, []).append(chosen)
        return original(self, split, epoch, number, chosen)

    monkeypatch.setattr(Losses, "backward", spying)
    list(Trainer(tiny_config(), folder, data, CPU).run())
    return seen


def test_an_epoch_is_every_clip_once_with_a_fresh_caption(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder, data: Prepared
) -> None:
    seen = chosen_batches(monkeypatch, folder, data)
    captions = []
    for batches in seen.values():
        clips = torch.cat([clips for clips, _, _ in batches])
        assert sorted(clips.tolist()) == list(range(22))
        first = torch.cat([first for _, first, _ in batches])
        captions.append(first[clips.argsort()])
    drawn = torch.stack(captions)
    assert (drawn != drawn[0]).any(dim=0).float().mean() > 0.5
    assert set(drawn.flatten().tolist()) == {0, 1, 2}


def test_order_changes_every_epoch(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder, data: Prepared
) -> None:
    seen = chosen_batches(monkeypatch, folder, data)
    orders = Counter(
        tuple(torch.cat([clips for clips, _, _ in batches]).tolist()) for batches in seen.values()
    )
    assert len(orders) == 4


def test_validation_has_no_mixup_no_smoothing_no_dropout(data: Prepared, folder: RunFolder) -> None:
    made = Trainer(tiny_config(), folder, data, CPU)
    assert made.config.training.mixup_alpha > 0
    assert made.config.training.label_smoothing > 0
    made.model.train()
    result = result_of(validation_losses(made.model, [], data.validation, 4))
    expected = []
    for clip in range(6):
        length = int(data.validation.frame_lengths[clip])
        frames = data.validation.frames[clip : clip + 1, :length]
        for tokens in data.validation.tokens[clip]:
            ids = tokens[tokens != PAD][None]
            logits = made.model(frames, torch.tensor([length]), ids[:, :-1])
            expected.append(torch.nn.functional.cross_entropy(logits[0], ids[0, 1:]))
    # Every clip has three captions, so the mean over clips is the mean over captions.
    assert result["ce"] == pytest.approx(float(torch.stack(expected).detach().mean()), rel=1e-5)


def test_the_published_recipe_makes_eight_steps_an_epoch_and_3200_in_all() -> None:
    config = load_preset("dcase2024-baseline").config
    batches = -(-3839 // config.training.batch_size)
    steps = -(-batches // config.training.accumulate)
    assert (batches, steps, steps * config.training.epochs) == (60, 8, 3200)


def test_an_epoch_of_3839_clips_is_eight_steps_of_eight_micro_batches(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder, data: Prepared
) -> None:
    """Batch 64, accumulation 8, every micro-batch an eighth: also in the last step, of four."""
    seen: list[int] = []

    def counted(self, split, epoch, number, chosen):  # type: ignore[no-untyped-def]
        assert number == len(seen)
        seen.append(len(chosen[0]))
        loss = self.model.classifier.bias.sum()
        (loss / self.config.training.accumulate).backward()
        return {"ce": loss.detach(), "total": loss.detach()}

    monkeypatch.setattr(Losses, "backward", counted)
    recipe = load_preset("dcase2024-baseline").config.training
    sizes = {"batch_size": recipe.batch_size, "accumulate": recipe.accumulate, "epochs": 1}
    data = dataclasses.replace(data, train=random_clips(3839, data.tokenizer, 1, captions=1))
    made = Trainer(tiny_config(training=sizes), folder, data, CPU)
    assert made.steps_per_epoch == 8
    ends, norms = [], []
    for event in made.run():
        if isinstance(event, StepLogged):
            ends.append(len(seen))
            norms.append(event.gradient_norm)
    assert seen == [64] * 59 + [63]
    assert ends == [8, 16, 24, 32, 40, 48, 56, 60]
    assert norms == pytest.approx([data.tokenizer.size**0.5] * 7 + [norms[0] / 2], rel=1e-5)


@pytest.mark.parametrize("size", [2, 5])
def test_every_micro_batch_of_two_or_more_is_mixed(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder, data: Prepared, size: int
) -> None:
    """Frames before the projection, words before their scale, by the same draw; targets are not."""
    from core.training import losses as module

    drawn, projected, decoded = [], [], []
    draw, project, decode = module.draw_mixup, CaptionModel.project, CaptionModel.decode_real

    def spy_draw(*given: Any) -> Any:
        drawn.append(draw(*given))
        return drawn[-1]

    def spy_project(self: CaptionModel, frames: Tensor, lengths: Tensor) -> Any:
        projected.append((frames, lengths))
        return project(self, frames, lengths)

    def spy_decode(self: CaptionModel, embeddings: Tensor, real: Tensor, memory: Any) -> Tensor:
        decoded.append((embeddings.detach(), real))
        return decode(self, embeddings, real, memory)

    monkeypatch.setattr(module, "draw_mixup", spy_draw)
    monkeypatch.setattr(CaptionModel, "project", spy_project)
    monkeypatch.setattr(CaptionModel, "decode_real", spy_decode)
    made = Trainer(tiny_config(), folder, data, CPU)
    clips, first = torch.arange(size), torch.ones(size, dtype=torch.long)
    made.losses.backward(data.train, 0, 0, MicroBatch(clips, first, first))
    (mixup,), ((frames, lengths),), ((embeddings, real),) = drawn, projected, decoded
    batch = data.train.batch(clips, first)
    partners, weight = mixup.partners, mixup.weight
    assert not (partners == clips).any()
    torch.testing.assert_close(
        frames, weight * batch.frames + (1 - weight) * batch.frames[partners]
    )
    assert torch.equal(lengths, torch.maximum(batch.frame_lengths, batch.frame_lengths[partners]))
    words = made.model.embedding(batch.tokens[:, :-1]).detach()
    torch.testing.assert_close(embeddings, weight * words + (1 - weight) * words[partners])
    assert torch.equal(real, batch.tokens[:, 1:] != PAD)


def test_every_clip_weighs_the_same_in_validation_however_many_captions_it_has(
    data: Prepared, folder: RunFolder
) -> None:
    made = Trainer(tiny_config(), folder, data, CPU)
    counts = torch.tensor([3, 1, 2, 3, 1, 2])
    clips = dataclasses.replace(data.validation, caption_counts=counts)
    result = result_of(validation_losses(made.model, [], clips, 4))
    expected = []
    for clip, count in enumerate(counts.tolist()):
        length = clips.frame_lengths[clip : clip + 1]
        losses = []
        for tokens in clips.tokens[clip, :count]:
            ids = tokens[tokens != PAD][None]
            logits = made.model(clips.frames[clip : clip + 1], length, ids[:, :-1])
            losses.append(torch.nn.functional.cross_entropy(logits[0], ids[0, 1:]))
        expected.append(torch.stack(losses).detach().mean())
    assert result["ce"] == pytest.approx(float(torch.stack(expected).mean()), rel=1e-5)
    # And so it does not depend on which clips share a batch.
    alone = result_of(validation_losses(made.model, [], clips, 1))
    assert result["ce"] == pytest.approx(alone["ce"], rel=1e-5)


class OtherWords(Tones):
    """Tones whose validation and test captions have words that no training caption has."""

    def clips(self, split: str) -> tuple[Clip, ...]:
        clips = super().clips(split)
        if split == "train":
            return clips
        return tuple(
            dataclasses.replace(clip, captions=(f"{split} zebra", *clip.captions[1:]))
            for clip in clips
        )


def test_the_vocabulary_is_fitted_on_the_training_captions_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from core.data import datasets

    monkeypatch.setitem(datasets._OPENERS, "tones", lambda root: OtherWords())
    prepared = result_of(prepare(tones_config(), CPU))
    captions = [text for _, captions in KINDS.values() for text in captions]
    assert prepared.tokenizer.words == Tokenizer.fit(captions * 4).words
    assert prepared.tokenizer.id_of("zebra") is None


def test_the_vocabulary_is_saved_before_the_first_step(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.data import datasets

    monkeypatch.setitem(datasets._OPENERS, "tones", lambda root: Tones())
    run = create_run(tones_config())
    events = train_run(run.config(), run)
    next(event for event in events if isinstance(event, RunStarted))
    saved = Tokenizer.from_json(run.tokenizer_file.read_text(encoding="utf-8"))
    events.close()  # type: ignore[attr-defined]
    assert "hums" in saved.words


def test_what_is_set_reaches_the_run(folder: RunFolder, data: Prepared) -> None:
    """A study whose changes never arrive compares repeats of one run."""
    changes = {"optimizer.learning_rate": 0.01, "optimizer.weight_decay": 0.5, "seed": 7}
    config = replace_fields(tiny_config(), {**changes, "model.layers": 1})
    made = Trainer(config, folder, data, CPU)
    assert made.optimizer.param_groups[0]["lr"] == 0.01
    assert [group["weight_decay"] for group in made.optimizer.param_groups] == [0.0, 0.5]
    assert len(made.model.layers) == 1


def test_the_published_recipe_is_the_preset() -> None:
    config = load_preset("dcase2024-baseline").config
    optimizer, training = config.optimizer, config.training
    assert (optimizer.learning_rate, optimizer.weight_decay, optimizer.clip_norm) == (5e-4, 2.0, 1)
    assert (optimizer.beta1, optimizer.beta2, optimizer.epsilon) == (0.9, 0.999, 1e-8)
    assert (training.label_smoothing, training.mixup_alpha, training.epochs) == (0.2, 0.4, 400)
    model = config.model
    assert (model.d_model, model.layers, model.heads, model.feedforward) == (256, 6, 8, 2048)
    assert (model.dropout, model.projection_dropout, model.activation) == (0.2, 0.5, "gelu")
    decoding = config.decoding
    assert (decoding.beam_size, decoding.min_tokens, decoding.max_tokens) == (3, 3, 20)
    assert decoding.forbid_repeated == "content_words"
    assert config.data.encoder == "convnext-tiny"
    assert config.objectives == ()


@pytest.mark.parametrize("monitor", ["loss", "vocabulary"])
def test_the_best_checkpoint_follows_the_monitored_figure(
    folder: RunFolder, data: Prepared, monitor: str
) -> None:
    changes = {"monitor": monitor, "caption_clips": 6}
    events = list(Trainer(tiny_config(validation=changes), folder, data, CPU).run())
    validations = [event for event in events if isinstance(event, ValidationEnded)]
    figures = [
        event.losses["ce"] if monitor == "loss" else event.metrics[monitor] for event in validations
    ]
    best = [
        event for event in events if isinstance(event, CheckpointSaved) and event.kind == "best"
    ]
    assert best[-1].value == (min(figures) if monitor == "loss" else max(figures))
