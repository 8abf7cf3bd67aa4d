"""``queue``: what waits is trained in turn; a failure does not stop the next."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.cli import main
from core.events import Event, RunStarted
from core.runs import list_runs
from core.runs.queue import RunQueue
from core.training import queue_runner
from core.training.queue_runner import run_queue
from tests.core.tiny import checkpoint, tiny_values, tones

__all__ = ["checkpoint", "tones"]


@pytest.fixture
def config_file(tmp_path: Path) -> str:
    path = tmp_path / "config.json"
    values = tiny_values()
    values["training"] = {"epochs": 1, "batch_size": 6, "accumulate": 1, "mixup_alpha": 0.0}
    values["validation"] = {"previews": 0}
    path.write_text(json.dumps(values))
    return str(path)


def states() -> list[str]:
    return [entry.state for entry in RunQueue().entries()]


@pytest.mark.usefixtures("tones")
def test_a_failed_run_does_not_stop_the_next(
    config_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["queue"]) == 0
    assert "Nothing is queued" in capsys.readouterr().out
    add = ["queue", "add", "--config", config_file]
    assert main([*add, "--name", "broken", "--set", "data.dataset=nothing"]) == 0
    assert main([*add, "--name", "whole", "--set", "training.keep_states=[1]"]) == 0
    assert main(["queue", "list"]) == 0
    assert "whole" in capsys.readouterr().out
    assert main(["queue", "run"]) == 1
    out = capsys.readouterr().out
    assert "Training broken." in out
    assert "no dataset named 'nothing'" in out
    assert "Finished after 1 epoch:" in out
    assert states() == ["failed", "done"]
    whole = RunQueue().entries()[1]
    assert (Path(whole.run) / "checkpoints" / "epoch-1.state.pt").is_file()
    assert main(["queue", "run"]) == 0
    assert "Nothing waits" in capsys.readouterr().out
    assert main(["queue", "clear"]) == 0
    assert states() == []


@pytest.mark.usefixtures("tones")
def test_a_stopped_queue_goes_on_where_it_was(config_file: str) -> None:
    for _ in range(2):
        main(["queue", "add", "--config", config_file])
    events = run_queue()
    for event in events:
        if isinstance(event, RunStarted):
            break
    events.close()  # type: ignore[attr-defined]
    assert states() == ["queued", "queued"]
    folder = RunQueue().entries()[0].resume
    assert folder
    list(run_queue())
    assert states() == ["done", "done"]
    assert RunQueue().entries()[0].run == folder
    assert sorted(item.state for item in list_runs()) == ["finished", "finished"]


def test_a_defect_of_the_program_does_not_stop_the_next(
    config_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import core.training

    def broken(*_: object) -> Iterator[Event]:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(core.training, "train_run", broken)
    for _ in range(2):
        main(["queue", "add", "--config", config_file])
    list(queue_runner.run_queue())
    assert states() == ["failed", "failed"]
    assert RunQueue().entries()[1].problem == "ZeroDivisionError: a defect"


def test_interrupting_the_queue(
    config_file: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = []

    def engine(*_: object) -> Iterator[Event]:
        try:
            signal.raise_signal(signal.SIGINT)
            yield RunStarted(
                epochs=1,
                steps_per_epoch=1,
                device="cpu",
                parameters=1,
                vocabulary_size=1,
                train_clips=1,
                validation_clips=1,
            )
        finally:
            closed.append(True)

    import core.training

    monkeypatch.setattr(core.training, "train_run", engine)
    main(["queue", "add", "--config", config_file])
    assert main(["queue", "run"]) == 130
    assert closed == [True]
    assert states() == ["queued"]
    assert "Stopping and saving" in capsys.readouterr().out


def test_moving_removing_and_retrying(config_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("first", "second"):
        main(["queue", "add", "--config", config_file, "--name", name])
    first, second = (entry.id for entry in RunQueue().entries())
    assert main(["queue", "move", second, "1"]) == 0
    assert [entry.title for entry in RunQueue().entries()] == ["second", "first"]
    RunQueue().cancel(first)
    assert main(["queue", "retry", first]) == 0
    assert states() == ["queued", "queued"]
    assert main(["queue", "remove", second]) == 0
    assert [entry.id for entry in RunQueue().entries()] == [first]
    assert main(["queue", "remove", second]) == 2
    assert "no entry" in capsys.readouterr().err


@pytest.mark.usefixtures("tones")
def test_training_goes_on_from_a_checkpoint_with_contrast(
    checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change = 'objectives=[{"name": "caption-ntxent", "weight": 0.1}]'
    arguments = ["train", "--continue-from", "untrained", "--set", change, "--epochs", "1"]
    assert main(arguments) == 0
    (run,) = list_runs()
    assert run.state == "finished"
    assert run.config is not None
    assert run.config.training.initial_checkpoint == str(checkpoint)
    assert [term.name for term in run.config.objectives] == ["caption-ntxent"]
    assert "caption-ntxent" in capsys.readouterr().out
    assert main(["train", "--resume", run.run.name, "--continue-from", "untrained"]) == 2


def test_a_queue_that_cannot_be_read_is_told(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "queue.json").write_bytes(b"\xff no json")
    assert main(["queue"]) == 0
    shown = capsys.readouterr()
    assert f"is kept in {home / 'queue.damaged.json'}; delete" in shown.err
    assert shown.out.startswith("Nothing is queued")
