"""The baseline's own training, repeated by the `Trainer` of a run: its loop, losses, validation.

`test_baseline_training` holds the parts to the same figures one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import pad

from core.config import parse_config
from core.data.batches import CaptionedClips
from core.data.tokenizer import PAD, SPECIAL_TOKENS, Tokenizer
from core.events import StepLogged, ValidationEnded
from core.models.reference_names import from_reference_state_dict
from core.runs import create_run
from core.training import losses as losses_module
from core.training import trainer as trainer_module
from core.training.mixup import Mixup
from core.training.prepare import Prepared
from core.training.trainer import Trainer
from core.training.validation_losses import validation_losses

Golden = Callable[[str], Any]
CPU = torch.device("cpu")


def gathered(batches: dict[str, Tensor], split: str, count: int) -> CaptionedClips:
    """Put the golden micro-batches of a split behind each other."""
    parts = {
        part: torch.cat([batches[f"{split}.{number}.{part}"] for number in range(count)])
        for part in ("frames", "lengths", "tokens")
    }
    tokens = parts["tokens"] if parts["tokens"].ndim == 3 else parts["tokens"][:, None]
    # Longer than any caption and any clip, as a split is that has longer ones elsewhere.
    tokens, frames = pad(tokens, (0, 4)), pad(parts["frames"], (0, 0, 0, 3))
    names = tuple(f"clip-{number}" for number in range(len(tokens)))
    return CaptionedClips(
        frames=frames,
        frame_lengths=parts["lengths"],
        tokens=tokens,
        cpu_frame_lengths=parts["lengths"],
        token_lengths=(tokens != PAD).sum(dim=2),
        caption_counts=torch.full((len(tokens),), tokens.shape[1]),
        ids=names,
        references=tuple(("a",) * tokens.shape[1] for _ in names),
    )


@pytest.fixture
def golden(baseline_json: Golden) -> Any:
    return baseline_json("training.json")


@pytest.fixture
def made(golden: Any, baseline_tensors: Golden, tmp_path: Path) -> Trainer:
    """A trainer with the baseline's settings, clips and first weights."""
    batches = baseline_tensors("training_batches.safetensors")
    still = {"dropout": 0.0, "projection_dropout": 0.0}
    config = parse_config(
        {
            "device": "cpu",
            "model": {"d_model": 32, "layers": 2, "heads": 4, "feedforward": 64, **still},
            "optimizer": {
                "learning_rate": golden["learning_rate"],
                "weight_decay": golden["weight_decay"],
                "clip_norm": golden["clip_norm"],
            },
            "training": {
                "epochs": golden["epochs"],
                "batch_size": 4,
                "accumulate": golden["accumulate"],
                "label_smoothing": golden["label_smoothing"],
            },
            "validation": {"previews": 1},
        }
    )
    data = Prepared(
        train=gathered(batches, "train", 5),
        validation=gathered(batches, "val", 2),
        tokenizer=Tokenizer([*SPECIAL_TOKENS, *(f"word{number}" for number in range(4, 60))]),
        encoder_name="random",
        encoder_hash="0",
        initial=None,
    )
    made = Trainer(config, create_run(config, tmp_path), data, CPU)
    state = from_reference_state_dict(baseline_tensors("train_start.safetensors"))
    made.model.load_state_dict(state)
    return made


def in_given_order(monkeypatch: pytest.MonkeyPatch, golden: Any) -> None:
    """Let the clips come as they stand, and the mixtures be those that the baseline drew."""
    draws = iter(golden["draws"])

    def next_mixup(size: int, alpha: float, generator: torch.Generator) -> Mixup:
        assert alpha == 0.4
        partners, weight = next(draws)
        assert len(partners) == size
        return Mixup(torch.tensor(partners), weight)

    def unshuffled(count: int, generator: torch.Generator) -> Tensor:
        return torch.arange(count)

    monkeypatch.setattr(losses_module, "draw_mixup", next_mixup)
    monkeypatch.setattr(trainer_module.torch, "randperm", unshuffled)


def test_the_trainer_repeats_the_baselines_training(
    monkeypatch: pytest.MonkeyPatch, golden: Any, made: Trainer, baseline_tensors: Golden
) -> None:
    in_given_order(monkeypatch, golden)
    events = list(made.run())
    steps = [event for event in events if isinstance(event, StepLogged)]
    losses: list[float] = []
    for epoch in range(golden["epochs"]):
        first, *rest = (golden["losses"][5 * epoch + number] for number in range(5))
        losses += [(first + rest[0]) / 2, (rest[1] + rest[2]) / 2, rest[3]]
    assert [step.losses["ce"] for step in steps] == pytest.approx(losses, rel=1e-5)
    assert [step.losses["total"] for step in steps] == pytest.approx(losses, rel=1e-5)
    norms = [step.gradient_norm for step in steps]
    assert norms == pytest.approx(golden["gradient_norms"], rel=1e-4)
    rates = [step.learning_rate for step in steps]
    assert rates == pytest.approx(golden["step_learning_rates"], rel=1e-12)
    validations = [event.losses["ce"] for event in events if isinstance(event, ValidationEnded)]
    assert validations == pytest.approx(golden["validation_losses"][1:], rel=1e-5)
    final = from_reference_state_dict(baseline_tensors("train_end.safetensors"))
    for name, value in made.model.state_dict().items():
        # A shift of all keys changes no softmax, so those gradients are rounding errors only.
        if not name.endswith(("query_key_value.bias", "key_value.bias")):
            torch.testing.assert_close(value, final[name], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("batch_size", [4, 7])
def test_the_validation_loss_is_the_baselines(golden: Any, made: Trainer, batch_size: int) -> None:
    measured = validation_losses(made.model, [], made.data.validation, batch_size)
    while True:
        try:
            next(measured)
        except StopIteration as stop:
            losses = stop.value
            break
    assert losses["ce"] == pytest.approx(golden["validation_losses"][0], rel=1e-5)
