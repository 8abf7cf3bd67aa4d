"""Three epochs of the baseline's own training, step by step, against ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from core.config import OptimizerConfig
from core.data.tokenizer import PAD
from core.models.audio_memory import AudioMemory
from core.models.caption_model import CaptionModel
from core.models.reference_names import from_reference_state_dict
from core.objectives.cross_entropy import mean_per_caption, training_cross_entropy
from core.training.mixup import Mixup
from core.training.optimizer import build_optimizer, learning_rate_at

Golden = Callable[[str], Any]


@pytest.fixture
def golden(baseline_json: Golden) -> Any:
    return baseline_json("training.json")


@pytest.fixture
def batches(baseline_tensors: Golden) -> dict[str, Tensor]:
    return baseline_tensors("training_batches.safetensors")


@pytest.fixture
def model(baseline_model: Callable[[str], CaptionModel]) -> CaptionModel:
    return baseline_model("train_start.safetensors")


def mixed_loss(
    model: CaptionModel, batches: dict[str, Tensor], number: int, mixup: Mixup, smoothing: float
) -> Tensor:
    frames, lengths, tokens = (
        batches[f"train.{number}.{part}"] for part in ("frames", "lengths", "tokens")
    )
    inputs, targets = tokens[:, :-1], tokens[:, 1:]
    memory = model.project(*mixup.frames(frames, lengths))
    embeddings = mixup.embeddings(model.embed(inputs))
    logits = model.classify(model.decode(embeddings, inputs == PAD, memory))
    return training_cross_entropy(logits, targets, PAD, smoothing)


def caption_losses(model: CaptionModel, memory: AudioMemory, tokens: Tensor) -> Tensor:
    logits, targets = model.classify(model.decode_tokens(tokens[:, :-1], memory)), tokens[:, 1:]
    losses = functional.cross_entropy(
        logits.transpose(1, 2), targets, ignore_index=PAD, reduction="none"
    )
    return mean_per_caption(losses, targets, PAD)


@torch.no_grad()
def validation_loss(model: CaptionModel, batches: dict[str, Tensor]) -> float:
    total = clips = 0.0
    for number in range(2):
        frames, lengths, tokens = (
            batches[f"val.{number}.{part}"] for part in ("frames", "lengths", "tokens")
        )
        memory = model.with_keys_values(model.project(frames, lengths))
        losses = torch.stack(
            [
                caption_losses(model, memory, tokens[:, caption])
                for caption in range(tokens.shape[1])
            ],
            dim=1,
        )
        total += float(losses.mean(dim=1).sum())
        clips += len(frames)
    return total / clips


def test_the_first_micro_batch(
    golden: Any, batches: dict[str, Tensor], model: CaptionModel
) -> None:
    partners, weight = golden["draws"][0]
    mixup = Mixup(torch.tensor(partners), weight)
    loss = mixed_loss(model, batches, 0, mixup, golden["label_smoothing"])
    assert loss.item() == pytest.approx(golden["losses"][0], rel=1e-5)


def test_the_whole_training(
    golden: Any, batches: dict[str, Tensor], model: CaptionModel, baseline_tensors: Golden
) -> None:
    config = OptimizerConfig(
        learning_rate=golden["learning_rate"], weight_decay=golden["weight_decay"]
    )
    optimizer = build_optimizer(config, model)
    draws = [Mixup(torch.tensor(partners), weight) for partners, weight in golden["draws"]]
    losses, norms, rates = [], [], []
    validations = [validation_loss(model, batches)]
    for epoch in range(golden["epochs"]):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate_at(config, epoch, golden["epochs"])
        # The last step of an epoch has one micro-batch, and is still divided by two.
        for micro_batches in ((0, 1), (2, 3), (4,)):
            optimizer.zero_grad()
            for number in micro_batches:
                mixup = draws[5 * epoch + number]
                loss = mixed_loss(model, batches, number, mixup, golden["label_smoothing"])
                (loss / golden["accumulate"]).backward()
                losses.append(loss.item())
            norm = nn.utils.clip_grad_norm_(model.parameters(), golden["clip_norm"])
            norms.append(norm.item())
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
        validations.append(validation_loss(model, batches))
    assert rates == pytest.approx(golden["step_learning_rates"], rel=1e-12)
    assert losses == pytest.approx(golden["losses"], rel=1e-5)
    assert norms == pytest.approx(golden["gradient_norms"], rel=1e-4)
    assert validations == pytest.approx(golden["validation_losses"], rel=1e-5)
    final = from_reference_state_dict(baseline_tensors("train_end.safetensors"))
    for name, value in model.state_dict().items():
        # A shift of all keys changes no softmax, so those gradients are rounding errors only.
        if not name.endswith(("query_key_value.bias", "key_value.bias")):
            torch.testing.assert_close(value, final[name], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("mistake", ["mixed targets", "shorter length", "mixed padding"])
def test_the_golden_loss_tells_mistakes_apart(
    golden: Any, batches: dict[str, Tensor], model: CaptionModel, mistake: str
) -> None:
    partners, weight = golden["draws"][2]
    mixup = Mixup(torch.tensor(partners), weight)
    frames, lengths, tokens = (
        batches[f"train.2.{part}"] for part in ("frames", "lengths", "tokens")
    )
    inputs, targets = tokens[:, :-1], tokens[:, 1:]
    mixed_frames, longer = mixup.frames(frames, lengths)
    if mistake == "shorter length":
        longer = torch.minimum(lengths, lengths[mixup.partners])
    padding = inputs == PAD
    if mistake == "mixed padding":
        padding = padding[mixup.partners]
    if mistake == "mixed targets":
        targets = targets[mixup.partners]
    memory = model.project(mixed_frames, longer)
    states = model.decode(mixup.embeddings(model.embed(inputs)), padding, memory)
    wrong = training_cross_entropy(model.classify(states), targets, PAD, 0.2)
    right = mixed_loss(model, batches, 2, mixup, 0.2)
    assert abs(wrong.item() - right.item()) > 1e-3
