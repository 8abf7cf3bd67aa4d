"""Two processes make the steps of one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.config import RunConfig
from core.errors import ConfigError
from core.events import EpochEnded, StepLogged, ValidationEnded
from core.runs import create_run
from core.training.distributed import WorkerGroup, join_workers
from core.training.prepare import Prepared
from tests.core.training.conftest import tiny_config
from tests.core.training.test_trainer import trainer

ROOT = Path(__file__).parents[3]
OBJECTIVES = [
    {"name": "caption-ntxent", "projection_dim": 4, "memory_bank": 12},
    {"name": "audio-text-matching"},
    {"name": "audio-text-ntxent", "projection_dim": 8},
    {"name": "caption-proxy", "proxy_epochs": 1},
]


def config() -> RunConfig:
    # 22 clips in batches of 7 leave one clip, which both processes work on.
    return tiny_config(
        training={"epochs": 2, "batch_size": 7, "accumulate": 2, "mixup_alpha": 0.4},
        model={"dropout": 0.0, "projection_dropout": 0.0},
        objectives=OBJECTIVES,
    )


def together(folder: Path, values: RunConfig, stop_after: int) -> dict[str, Any]:
    """Train with two processes, stopped once; return what the first one was told."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "tests.core.training.one_of_several", str(folder)]
    workers = [
        subprocess.Popen(
            [*command, values.model_dump_json(), str(stop_after)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "RANK": str(rank),
                "LOCAL_RANK": str(rank),
                "WORLD_SIZE": "2",
                "MASTER_ADDR": "127.0.0.1",
                "MASTER_PORT": str(port),
            },
        )
        for rank in range(2)
    ]
    outputs = [worker.communicate(timeout=150)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0]
    assert outputs[1] == ""
    told: dict[str, Any] = json.loads(outputs[0])
    return told


def test_two_processes_make_the_steps_of_one(tmp_path: Path, data: Prepared) -> None:
    alone = create_run(config(), tmp_path / "one")
    one = trainer(config(), alone, data)
    expected = [
        dict(event.losses)
        for event in one.run()
        if isinstance(event, StepLogged | EpochEnded | ValidationEnded)
    ]
    run = create_run(config(), tmp_path / "two")
    two = together(run.path, config(), stop_after=3)
    assert two["states"] == ["stopped", "finished"]
    # A thread of gloo that outlives the group can abort the process when Python ends.
    assert not [name for name in two["threads"] if "gloo" in name]
    assert len(two["told"]) == len(expected)
    for by_one, by_two in zip(expected, two["told"], strict=True):
        assert by_two == pytest.approx(by_one, rel=1e-3, abs=1e-5)


def test_alone_there_is_no_team(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert join_workers() is None
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert join_workers() is None


def test_several_processes_cannot_share_one_gpu() -> None:
    with pytest.raises(ConfigError, match="cannot share it"):
        WorkerGroup(1, 2, 1).device("cuda:0")
    assert WorkerGroup(1, 2, 1).device("cpu") == "cpu"
