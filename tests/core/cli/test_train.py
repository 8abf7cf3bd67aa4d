"""``train``: a whole tiny run, settings from the command line, stopping and going on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import core.training
from core.cli import main
from core.cli.train_report import TrainReport
from core.config import RunConfig
from core.errors import CheckpointError
from core.events import (
    CheckpointSaved,
    EpochEnded,
    Event,
    PreviewCaptioned,
    Progress,
    RunStarted,
    StepLogged,
    ValidationEnded,
    Warned,
)
from core.runs import RunFolder, list_runs, open_run, record, summarize
from tests.core.tiny import Tones, tiny_config

STARTED = RunStarted(
    epochs=2,
    steps_per_epoch=2,
    device="cpu",
    parameters=12345,
    vocabulary_size=20,
    train_clips=6,
    validation_clips=3,
)


def step(number: int) -> StepLogged:
    return StepLogged(
        epoch=number // 2,
        step=number + 1,
        losses={"total": 3.25},
        learning_rate=0.1,
        gradient_norm=1.0,
        examples_per_second=9.0,
    )


def engine() -> Iterator[Event]:
    yield Progress(phase="Extracting features", done=1, total=6)
    yield STARTED
    yield Warned(message="One clip was left out.")
    for number in range(4):
        yield step(number)
        if number % 2:
            epoch = number // 2
            yield EpochEnded(epoch=epoch, step=number + 1, losses={"total": 3.25}, seconds=0.5)
            yield ValidationEnded(
                epoch=epoch, step=number + 1, losses={"ce": 3.0}, metrics={"cider_d": 0.25}
            )
            yield PreviewCaptioned(
                epoch=epoch, step=number + 1, clip="test-1", caption="a dog", log_prob=-1.0
            )
            yield CheckpointSaved(
                epoch=epoch, step=number + 1, kind="best", path="x", monitor="loss", value=3.0
            )


class Fake:
    """Stands in for the trainer and remembers what it was asked for."""

    def __init__(self) -> None:
        self.config: RunConfig | None = None
        self.resumed: list[RunFolder] = []
        self.make = engine

    def train_run(self, config: RunConfig, run: RunFolder) -> Iterator[Event]:
        self.config = config
        return record(run, self.make())

    def resume_run(self, run: RunFolder) -> Iterator[Event]:
        self.resumed.append(run)
        return record(run, self.make())


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    made = Fake()
    monkeypatch.setattr(core.training, "train_run", made.train_run)
    monkeypatch.setattr(core.training, "resume_run", made.resume_run)
    # What is trained on is nowhere, and nothing is trained.
    monkeypatch.setattr("core.cli.train.check_data", lambda config: None)
    return made


def test_what_is_printed(fake: Fake, capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert main(["train"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (run,) = (home / "runs").iterdir()
    assert lines == [
        f"Run {run.name}",
        str(run),
        "12,345 parameters, 20 words, 6 + 3 clips, on cpu",
        "  warning: One clip was left out.",
        "epoch 1/2  total 3.2500  (0.5 s)",
        "  validation  ce 3  cider_d 0.2500",
        "  test-1: a dog",
        "  best so far (loss 3.0000)",
        "epoch 2/2  total 3.2500  (0.5 s)",
        "  validation  ce 3  cider_d 0.2500",
        "  test-1: a dog",
        "  best so far (loss 3.0000)",
        f"Finished after 2 epochs: {run}",
    ]


@pytest.mark.parametrize(
    ("arguments", "path", "value"),
    [
        ([], "preset", "starter-ce"),
        (["--preset", "dcase2024-baseline"], "training.epochs", 400),
        (["--epochs", "7"], "training.epochs", 7),
        (["--seed", "3"], "seed", 3),
        (["--device", "cpu"], "device", "cpu"),
        (["--name", "1"], "name", "1"),
        (["--set", "name=12"], "name", "12"),
        (["--set", "optimizer.learning_rate=1e-3"], "optimizer.learning_rate", 1e-3),
        (["--set", " optimizer.learning_rate = 5. "], "optimizer.learning_rate", None),
        (["--set", "data.root=/a=b"], "data.root", "/a=b"),
        (["--set", "optimizer.schedule=constant"], "optimizer.schedule", "constant"),
        (
            ["--preset", "starter-ce+cl", "--set", "objectives.0.weight=0.5"],
            "objectives.0.weight",
            0.5,
        ),
        (["--preset", "starter-ce+cl", "--set", "objectives=[]"], "objectives", ()),
        (["--set", 'objectives=[{"name": "caption-ntxent"}]'], "objectives.0.temperature", 0.07),
        # Each alone would not fit the other's default.
        (
            ["--set", "decoding.min_tokens=30", "--set", "decoding.max_tokens=40"],
            "decoding.max_tokens",
            40,
        ),
    ],
)
def test_settings_from_the_command_line(
    fake: Fake, arguments: list[str], path: str, value: Any
) -> None:
    code = main(["train", *arguments])
    if value is None:
        assert code == 2
        return
    assert code == 0
    target: Any = fake.config
    for part in path.split("."):
        target = target[int(part)] if part.isdigit() else getattr(target, part)
    assert target == value


def test_a_config_file_starts_the_same_run_again(fake: Fake, home: Path) -> None:
    assert main(["train", "--epochs", "7", "--name", "first"]) == 0
    first = fake.config
    (run,) = (home / "runs").iterdir()
    assert main(["train", "--config", str(run / "config.json")]) == 0
    assert fake.config == first


def interrupt_at_the_third_step(monkeypatch: pytest.MonkeyPatch, number: int = 3) -> None:
    show = TrainReport.show

    def shown(self: TrainReport, event: Event) -> None:
        show(self, event)
        if isinstance(event, StepLogged) and event.step == number:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(TrainReport, "show", shown)


def test_ctrl_c_stops_and_says_how_to_go_on(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupt_at_the_third_step(monkeypatch)
    before = signal.getsignal(signal.SIGINT)
    assert main(["train"]) == 130
    assert signal.getsignal(signal.SIGINT) == before
    (summary,) = list_runs()
    assert summary.state == "stopped"
    last = capsys.readouterr().out.splitlines()[-1]
    name = summary.run.name
    assert last == (
        f"Stopped in epoch 2 after 3 steps; 'aac-studio train --resume {name}' continues from here."
    )
    monkeypatch.undo()


def test_resuming(fake: Fake, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["train"])
    (run,) = (home / "runs").iterdir()
    assert main(["train", "--resume", run.name]) == 0
    assert fake.resumed == [open_run(run)]
    assert main(["train", "--resume", str(run)]) == 0


def test_a_device_that_is_not_there_leaves_no_run(
    fake: Fake, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--device", "cuda:99"]) == 2
    assert "this machine has only" in capsys.readouterr().err
    assert not list(list_runs())


def test_a_failure_is_one_sentence_and_the_run_knows_it(
    fake: Fake, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing() -> Iterator[Event]:
        yield STARTED
        raise CheckpointError("The disk is full; make room.")

    fake.make = failing
    assert main(["train"]) == 2
    assert capsys.readouterr().err == "The disk is full; make room.\n"
    (summary,) = list_runs()
    assert (summary.state, summary.problem) == ("failed", "The disk is full; make room.")


def test_a_real_run_is_stopped_and_resumed(
    tones: Tones,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = tmp_path / "tiny.json"
    config.write_text(tiny_config().model_dump_json())
    with monkeypatch.context() as patch:
        interrupt_at_the_third_step(patch, number=2)
        assert main(["train", "--config", str(config), "--name", "Tiny"]) == 130
    (stopped,) = list_runs()
    assert (stopped.state, stopped.title) == ("stopped", "Tiny")
    assert main(["train", "--resume", stopped.run.name]) == 0
    finished = summarize(stopped.run)
    assert (finished.state, finished.epoch) == ("finished", 2)
    assert finished.run.best.is_file()
    shown = capsys.readouterr()
    assert "going on after 2 steps" in shown.out
    assert shown.err == ""


def test_the_list_of_settings_is_complete(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--preset", "starter-ce+cl", "--list-settings"]) == 0
    shown = capsys.readouterr().out
    for line in (
        "training.epochs",
        "optimizer.learning_rate",
        "objectives.0.temperature",
        "decoding.beam_size",
        "above 0, at most 1",
        "cosine, constant",
    ):
        assert line in shown
    assert main(["train", "--list-settings"]) == 0
    shown = capsys.readouterr().out
    assert "objectives.0.weight" in shown
    (width,) = (line for line in shown.splitlines() if "Width of the shared" in line)
    assert "1 to 4096" in width
