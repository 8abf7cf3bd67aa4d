"""bfloat16 and TensorFloat-32: what they compute, and what is said where they are missing."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from core.events import StepLogged, ValidationEnded, Warned
from core.objectives.nt_xent import pairwise_similarity
from core.runs import RunFolder, create_run
from core.training import precision as module
from core.training.precision import arithmetic, usable_precision
from core.training.prepare import Prepared
from core.training.trainer import Trainer
from tests.core.training.conftest import tiny_config

CPU, GPU = torch.device("cpu"), torch.device("cuda:0")


def test_float32_is_float32_to_the_letter() -> None:
    with arithmetic("fp32", CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
    with arithmetic("bf16", CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16
        ones = torch.ones(2, 2)
        assert pairwise_similarity(ones, ones, "cosine").dtype == torch.float32
    assert not torch.is_autocast_enabled("cpu")


@pytest.mark.parametrize(
    ("wanted", "device", "capability", "given", "word"),
    [
        ("fp32", CPU, (0, 0), "fp32", ""),
        ("tf32", CPU, (0, 0), "fp32", "TensorFloat-32"),
        ("tf32", GPU, (8, 0), "tf32", ""),
        ("tf32", GPU, (7, 5), "fp32", "TensorFloat-32"),
        ("bf16", GPU, (9, 0), "bf16", ""),
        ("bf16", GPU, (7, 5), "fp32", "bfloat16"),
    ],
)
def test_what_a_device_lacks_is_said(
    monkeypatch: pytest.MonkeyPatch,
    wanted: module.PrecisionName,
    device: torch.device,
    capability: tuple[int, int],
    given: str,
    word: str,
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    monkeypatch.setattr(torch.version, "hip", None, raising=False)
    precision, sentence = usable_precision(wanted, device)
    assert precision == given
    assert (word in sentence) if word else not sentence


def test_a_processor_that_is_slow_in_bfloat16_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_cpu_has_bfloat16", lambda: False)
    assert usable_precision("bf16", CPU)[0] == "bf16"
    assert "float32 would be faster" in usable_precision("bf16", CPU)[1]


def test_bfloat16_trains_to_the_same_loss_within_noise(
    tmp_path: Path, folder: RunFolder, data: Prepared
) -> None:
    data = dataclasses.replace(data, validation=data.train)
    ended = {}
    for name in ("fp32", "bf16"):
        config = tiny_config(
            training={"epochs": 12, "precision": name},
            objectives=[{"name": "caption-ntxent", "temperature": 0.01}],
            validation={"every_epochs": 12, "previews": 0},
        )
        made = Trainer(config, create_run(config, tmp_path / name), data, CPU)
        events = list(made.run())
        ended[name] = next(e for e in events if isinstance(e, ValidationEnded)).losses["ce"]
        assert all(weight.dtype == torch.float32 for weight in made.model.parameters())
        steps = [event.losses["total"] for event in events if isinstance(event, StepLogged)]
        assert all(torch.isfinite(torch.tensor(steps)))
        assert not [e for e in events if isinstance(e, Warned) and "TensorFloat" in e.message]
    assert ended["bf16"] != ended["fp32"]
    assert ended["bf16"] == pytest.approx(ended["fp32"], rel=0.02)
