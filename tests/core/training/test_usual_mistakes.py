"""What re-implementations of the baseline's training loop usually get wrong."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from torch import Tensor

from core.data.tokenizer import PAD
from core.events import CheckpointSaved, ValidationEnded
from core.presets import load_preset
from core.runs import RunFolder
from core.training.losses import Losses
from core.training.prepare import Prepared
from core.training.trainer import Trainer
from core.training.validation import validation_losses
from tests.core.training.conftest import tiny_config

CPU = torch.device("cpu")


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
    measured = validation_losses(made.model, [], data.validation, 4)
    result = None
    while result is None:
        try:
            next(measured)
        except StopIteration as stop:
            result = stop.value
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
