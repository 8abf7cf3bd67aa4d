"""Compiled steps change nothing but the speed, and are done without where they cannot be had."""

from __future__ import annotations

import functools

import pytest
import torch
from torch import Tensor

from core.config import ModelConfig
from core.events import StepLogged, Warned
from core.models.caption_model import CaptionModel
from core.models.fusing import Fused, fused
from core.runs import RunFolder
from core.training import compiling
from core.training.compiling import compile_steps
from core.training.prepare import Prepared
from core.training.trainer import Trainer
from tests.core.training.conftest import tiny_config

CPU = torch.device("cpu")


@pytest.mark.parametrize("activation", ["gelu", "relu"])
def test_results_are_the_same_to_rounding(monkeypatch: pytest.MonkeyPatch, activation: str) -> None:
    # Dynamo and autograd as they are; the kernels' compiler would take longer than the suite may.
    monkeypatch.setattr(compiling, "fused", functools.partial(fused, backend="aot_eager"))
    torch.manual_seed(0)
    settings = ModelConfig(d_model=16, layers=2, heads=4, feedforward=24, activation=activation)  # type: ignore[arg-type]
    model = CaptionModel(settings, vocabulary_size=20, audio_dim=6)
    frames, tokens = torch.randn(3, 5, 6), torch.randint(1, 20, (3, 4))
    lengths = torch.tensor([5, 2, 4])

    def learned() -> list[Tensor]:
        torch.manual_seed(1)
        loss = model(frames, lengths, tokens).logsumexp(dim=-1).square().mean()
        return [loss, *torch.autograd.grad(loss, [*model.parameters()])]

    plain = learned()
    assert compile_steps(model, CPU) == ""
    assert model.layers[0].fused is not None
    torch.testing.assert_close(learned(), plain, rtol=1e-4, atol=1e-6)


def test_without_a_compiler_the_run_says_so_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder, data: Prepared
) -> None:
    def fails(*_: object) -> Fused:
        raise RuntimeError("no compiler found\nat great length")

    monkeypatch.setattr(compiling, "fused", fails)
    config = tiny_config(training={"epochs": 1, "compile": True})
    events = list(Trainer(config, folder, data, CPU).run())
    (warning,) = [event for event in events if isinstance(event, Warned)]
    assert "(no compiler found)" in warning.message
    assert len([event for event in events if isinstance(event, StepLogged)]) == 3
