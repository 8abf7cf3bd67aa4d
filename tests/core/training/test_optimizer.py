from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from core.config import ModelConfig, OptimizerConfig
from core.models.caption_model import CaptionModel
from core.models.reference_names import from_reference_state_dict
from core.training.optimizer import build_optimizer, learning_rate_at, parameter_groups

SMALL = ModelConfig(d_model=16, layers=2, heads=4, feedforward=24)


def test_group_sizes_are_those_of_the_baseline(baseline_json: Callable[[str], Any]) -> None:
    golden = baseline_json("training.json")["full_size"]
    with torch.device("meta"):
        model = CaptionModel(ModelConfig(), vocabulary_size=4371, audio_dim=768)
    kept, decayed = parameter_groups(model.named_parameters(), 2.0)
    assert kept["weight_decay"] == 0
    assert decayed["weight_decay"] == 2.0
    for group, (count, _) in ((kept, golden["undecayed"]), (decayed, golden["decayed"])):
        assert sum(parameter.numel() for parameter in group["params"]) == count


def test_the_same_parameters_decay_as_in_the_baseline(
    baseline_json: Callable[[str], Any],
    baseline_tensors: Callable[[str], Any],
    baseline_model: Callable[[str], CaptionModel],
) -> None:
    undecayed = baseline_json("training.json")["full_size"]["undecayed_names"]
    marked = {
        name: torch.full_like(tensor, float(name in undecayed))
        for name, tensor in baseline_tensors("small_model.safetensors").items()
    }
    theirs = {name for name, mark in from_reference_state_dict(marked).items() if mark.all()}
    model = baseline_model("small_model.safetensors")
    kept, _ = parameter_groups(model.named_parameters(), 2.0)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    assert {names[id(parameter)] for parameter in kept["params"]} == theirs


def test_decay_is_decoupled_and_spares_vectors_and_heads() -> None:
    model, head = CaptionModel(SMALL, 20, 6), nn.Linear(4, 4)
    optimizer = build_optimizer(OptimizerConfig(learning_rate=0.1), model, head)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    kept = head.weight.clone()
    for parameter in [*model.parameters(), *head.parameters()]:
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    for name, value in model.named_parameters():
        # Without a gradient only the decay acts: 1 - 0.1 * 2.
        factor = 1.0 if value.ndim == 1 else 0.8
        torch.testing.assert_close(value, before[name] * factor)
    assert torch.equal(head.weight, kept)


def test_settings_reach_adamw() -> None:
    config = OptimizerConfig(learning_rate=0.01, beta1=0.8, beta2=0.9, epsilon=1e-6)
    optimizer = build_optimizer(config, CaptionModel(SMALL, 20, 6))
    assert len(optimizer.param_groups) == 2
    for group in optimizer.param_groups:
        assert (group["lr"], group["betas"], group["eps"]) == (0.01, (0.8, 0.9), 1e-6)


def test_frozen_parameters_are_left_alone() -> None:
    model = CaptionModel(SMALL, 20, 6)
    model.embedding.requires_grad_(False)
    kept, decayed = parameter_groups(model.named_parameters(), 1.0)
    count = len([*kept["params"], *decayed["params"]])
    assert count == len(list(model.parameters())) - 1


def test_learning_rates_are_those_of_the_baseline(baseline_json: Callable[[str], Any]) -> None:
    golden = baseline_json("training.json")["learning_rates_400"]
    ours = [learning_rate_at(OptimizerConfig(), epoch, 400) for epoch in range(len(golden))]
    assert ours == pytest.approx(golden, rel=1e-12)
    assert ours[0] == 5e-4
    assert ours[399] == pytest.approx(7.7e-9, rel=0.01)


def test_the_cosine_is_halfway_after_half_the_epochs() -> None:
    assert math.isclose(learning_rate_at(OptimizerConfig(learning_rate=1), 5, 10), 0.5)
    constant = OptimizerConfig(learning_rate=0.3, schedule="constant")
    assert learning_rate_at(constant, 9, 10) == 0.3
