"""Larger batches where the memory has room: the same clips in each step, also after a resume."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core.config import RunConfig
from core.events import Event, Noted, StepLogged
from core.runs import RunFolder, create_run
from core.training import autotune, trainer
from core.training.autotune import fit_batch, largest_factor
from core.training.losses import Losses
from core.training.prepare import Prepared
from core.training.state import Position
from core.training.trainer import Trainer
from tests.core.training.conftest import tiny_config

CPU = torch.device("cpu")


def test_the_largest_divisor_that_fits_is_found_without_trying_larger_ones() -> None:
    tried: list[int] = []

    def fits(factor: int) -> bool:
        tried.append(factor)
        return factor <= 4

    assert largest_factor(12, fits) == 4
    assert tried == [2, 3, 4, 6]
    assert largest_factor(1, fits) == 1
    assert largest_factor(7, fits) == 1


def test_a_trial_leaves_no_trace(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder, data: Prepared
) -> None:
    config = tiny_config(
        training={"accumulate": 4},
        objectives=[{"name": "caption-ntxent", "memory_bank": 8}],
    )
    losses = Trainer(config, folder, data, CPU).losses
    free = [10**9, 10**9]
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (free.pop(), 10**9))
    # 10 and 20 clips are tried; the split has 22.
    assert fit_batch(config, losses, data.train, CPU) == 4
    assert not free
    assert all(weight.grad is None for weight in losses.model.parameters())
    assert not (losses.heads["caption-ntxent"].get_buffer("bank_clips") >= 0).any()
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (10**7, 10**9))
    assert fit_batch(config, losses, data.train, CPU) == 1
    # The optimiser's two moments and a tenth of the memory must fit beside the batch.
    weights = [*losses.model.parameters(), *losses.heads.parameters()]
    needed = 2 * sum(4 * weight.numel() for weight in weights) + 10**8
    for free_bytes, factor in ((needed, 1), (needed + 1, 4)):
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _, f=free_bytes: (f, 10**9))
        assert fit_batch(config, losses, data.train, CPU) == factor
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (10**7, 10**9))
    assert fit_batch(config, losses, data.train, CPU) == 1

    def fails(*_: object) -> None:
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(Losses, "backward", fails)
    assert fit_batch(config, losses, data.train, CPU) == 1


def test_joined_batches_make_the_same_steps_and_survive_a_stop(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: RunFolder, data: Prepared
) -> None:
    def joined(*given: object) -> Event:
        position = given[3]
        assert isinstance(position, Position)
        position.joined = largest_factor(2, lambda _: True)
        return Noted(message="joined")

    monkeypatch.setattr(trainer, "join_batches", joined)
    shapes: dict[str, dict[str, object]] = {
        "training": {"epochs": 2, "mixup_alpha": 0.0, "autotune_batch": True},
        "model": {"dropout": 0.0, "projection_dropout": 0.0},
        "optimizer": {"clip_norm": 0.0},
    }

    def steps(config: RunConfig, path: Path) -> list[StepLogged]:
        events = Trainer(config, create_run(config, path), data, CPU).run()
        return [event for event in events if isinstance(event, StepLogged)]

    ours = steps(tiny_config(**shapes), tmp_path / "joined")
    shapes["training"]["autotune_batch"] = False
    plain = steps(tiny_config(**shapes), tmp_path / "plain")
    assert [event.step for event in ours] == [event.step for event in plain]
    for one, other in zip(ours, plain, strict=True):
        # A mean over the words of both batches in place of the mean of two means.
        assert one.losses["ce"] == pytest.approx(other.losses["ce"], rel=0.02)
        assert one.gradient_norm == pytest.approx(other.gradient_norm, rel=0.1)

    shapes["training"]["autotune_batch"] = True
    made = Trainer(tiny_config(**shapes), folder, data, CPU)
    events = made.run()
    for event in events:
        if isinstance(event, StepLogged):
            break
    events.close()
    resumed = Trainer(tiny_config(**shapes), folder, data, CPU, resume=True)
    assert resumed.position.joined == 2
    rest = [event for event in resumed.run() if isinstance(event, StepLogged)]
    assert [event.losses for event in rest] == [event.losses for event in ours[1:]]


def test_what_fits_is_said(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder, data: Prepared
) -> None:
    config = tiny_config(training={"accumulate": 4})
    made = Trainer(config, folder, data, CPU)
    monkeypatch.setattr(autotune, "fit_batch", lambda *_: 2)
    gpu, position = torch.device("cuda:0"), made.position
    note = autotune.join_batches(config, made.losses, data.train, position, gpu, True)
    assert position.joined == 2
    assert isinstance(note, Noted)
    assert "10 clips" in note.message
    assert "from 2 of them" in note.message


def test_without_a_gpu_nothing_changes_and_it_is_said(folder: RunFolder, data: Prepared) -> None:
    config = tiny_config(training={"epochs": 1, "autotune_batch": True})
    made = Trainer(config, folder, data, CPU)
    notes = [event.message for event in made.run() if isinstance(event, Noted)]
    assert "stay at 5 clips" in notes[0]
    assert made.position.joined == 1
