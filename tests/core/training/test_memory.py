"""A memory that is too small for a batch slows a run down and changes nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from core.errors import StudioError
from core.events import EpochEnded, Event, RunEnded, StepLogged, ValidationEnded, Warned
from core.models.caption_model import CaptionModel
from core.runs import RunFolder, create_run, record, summarize
from core.training.device_failures import is_device_lost, is_out_of_memory
from core.training.prepare import Prepared
from tests.core.training.conftest import tiny_config
from tests.core.training.test_trainer import comparable, same_weights, trainer, weights

ON_A_GPU = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
ON_THE_CPU = RuntimeError(
    "[enforce fail at alloc_cpu.cpp:114] DefaultCPUAllocator: can't allocate memory"
)
DRY: dict[str, Any] = {
    "training": {"epochs": 2, "mixup_alpha": 0.0, "batch_size": 8},
    "model": {"dropout": 0.0, "projection_dropout": 0.0},
}


class SmallMemory:
    """Lets the caption model hear at most `most` clips at a time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.most = 10**6
        self.error: Exception = ON_A_GPU
        project = CaptionModel.project

        def limited(model: CaptionModel, frames: torch.Tensor, lengths: torch.Tensor) -> Any:
            if len(frames) > self.most:
                raise self.error
            return project(model, frames, lengths)

        monkeypatch.setattr(CaptionModel, "project", limited)


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> SmallMemory:
    return SmallMemory(monkeypatch)


def figures(events: list[Event], name: str = "ce") -> list[float]:
    kinds = (StepLogged, EpochEnded, ValidationEnded)
    return [event.losses[name] for event in events if isinstance(event, kinds)]


@pytest.mark.parametrize("error", [ON_A_GPU, ON_THE_CPU])
def test_smaller_parts_make_the_same_steps(
    tmp_path: Path, folder: RunFolder, data: Prepared, memory: SmallMemory, error: Exception
) -> None:
    config = tiny_config(**DRY)
    expected = list(trainer(config, folder, data).run())
    memory.most, memory.error = 3, error
    made = trainer(config, create_run(config, tmp_path / "small"), data)
    events = list(made.run())
    assert figures(events) == pytest.approx(figures(expected), rel=1e-4)
    steps = [[e.step for e in told if isinstance(e, StepLogged)] for told in (events, expected)]
    assert steps[0] == steps[1]
    words = [event.message for event in events if isinstance(event, Warned)]
    assert "batches of 4 clips" in words[0]
    assert "batches of 2 clips" in words[1]
    assert "parts of 4 clips" in words[2]
    assert "parts of 2 clips" in words[3]
    assert made.position.pieces == 4


def test_it_is_deterministic_and_survives_a_stop(
    tmp_path: Path, folder: RunFolder, data: Prepared, memory: SmallMemory
) -> None:
    memory.most = 5
    config = tiny_config(
        training={"epochs": 2, "batch_size": 8},
        objectives=[{"name": "caption-ntxent", "memory_bank": 12, "projection_dim": 4}],
    )
    whole = trainer(config, folder, data)
    expected = [comparable(event) for event in whole.run()]
    warned = [event for event in expected if isinstance(event, Warned)]
    assert any("fewer negatives" in event.message for event in warned)
    other = create_run(config, tmp_path / "other")
    events: Iterator[Event] = trainer(config, other, data).run()
    for event in events:
        if isinstance(event, StepLogged) and event.step == 3:
            break
    events.close()  # type: ignore[attr-defined]
    resumed = trainer(config, other, data, resume=True)
    rest = [comparable(event) for event in resumed.run() if isinstance(event, StepLogged | Warned)]
    tail = [e for e in expected if isinstance(e, StepLogged | Warned)]
    assert rest == tail[-len(rest) :]
    assert same_weights(weights(whole), weights(resumed))


def test_not_even_one_clip(folder: RunFolder, data: Prepared, memory: SmallMemory) -> None:
    events = record(folder, trainer(tiny_config(**DRY), folder, data).run())
    seen = [next(events) for _ in range(3)]
    memory.most = 0
    with pytest.raises(StudioError, match="too small even for one clip at a time"):
        seen.extend(events)
    summary = summarize(folder)
    assert summary.state == "failed"
    assert "choose a smaller model" in summary.problem
    assert folder.state.exists()


def test_a_lost_device_ends_the_run_where_it_was_last_saved(
    folder: RunFolder, data: Prepared, memory: SmallMemory
) -> None:
    config = tiny_config(**DRY)
    saved = b""
    with pytest.raises(StudioError, match="no longer responds"):
        for event in record(folder, trainer(config, folder, data).run()):
            if isinstance(event, EpochEnded) and event.epoch == 0:
                continue
            if isinstance(event, StepLogged) and event.step == 3:
                saved = folder.state.read_bytes()
                memory.most, memory.error = (
                    0,
                    RuntimeError("CUDA error: unspecified launch failure"),
                )
    assert saved
    assert folder.state.read_bytes() == saved
    ended = folder.events.read_all()[-1][1]
    assert isinstance(ended, RunEnded)
    assert "Resume it when the device is back" in ended.message


def test_errors_are_told_apart() -> None:
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated: 5 GB)"))
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 must have the same dtype"))
    assert not is_out_of_memory(ValueError("the table is out of memory"))
    assert not is_device_lost(torch.OutOfMemoryError("CUDA error: out of memory"))
    assert not is_device_lost(ValueError("CUDA error"))
