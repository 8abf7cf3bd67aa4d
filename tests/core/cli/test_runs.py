"""``runs``: list, show, rename, delete, export, import."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

import core.runs.transfer as transfer
from core.cli import main
from core.config import parse_config
from core.events import (
    CheckpointSaved,
    EpochEnded,
    PreviewCaptioned,
    RunEnded,
    RunStarted,
    ValidationEnded,
)
from core.runs import RunFolder, create_run, record


@pytest.fixture
def run() -> RunFolder:
    made = create_run(
        parse_config({"name": "CE only", "training": {"epochs": 3}}), now=datetime(2026, 1, 2)
    )
    events = [
        RunStarted(
            epochs=3,
            steps_per_epoch=1,
            device="cpu",
            parameters=1,
            vocabulary_size=1,
            train_clips=1,
            validation_clips=1,
        ),
        EpochEnded(epoch=0, step=1, losses={"total": 4.5}, seconds=1.0),
        ValidationEnded(epoch=0, step=1, losses={"ce": 4.25}, metrics={"vocabulary": 12.0}),
        PreviewCaptioned(epoch=0, step=1, clip="test-1", caption="rain falls", log_prob=-1.0),
        CheckpointSaved(epoch=0, step=1, kind="best", path="x", monitor="loss", value=4.25),
    ]
    list(record(made, iter(events)))
    return made


def out(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_an_empty_list_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs"]) == 0
    assert out(capsys) == "There is no run yet; 'aac-studio train' makes one.\n"


def test_the_list(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    create_run(parse_config({}), now=datetime(2026, 1, 1))
    assert main(["runs", "list"]) == 0
    lines = out(capsys).splitlines()
    assert lines[0].split() == ["run", "title", "state", "epoch", "best"]
    assert lines[1].split() == [run.name, "CE", "only", "finished", "1/3", "loss", "4.2500"]
    assert lines[2].split() == ["2026-01-01_00-00-00_run", "not", "started", "0/400"]


def test_a_broken_run_does_not_break_the_list(
    run: RunFolder, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "runs" / "zzz").mkdir()
    assert main(["runs"]) == 0
    shown = capsys.readouterr()
    assert "unreadable" in shown.out
    assert run.name in shown.out
    assert "zzz" in shown.err


def test_show(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    run.best.write_bytes(b"x" * 1500)
    assert main(["runs", "show", run.name]) == 0
    shown = out(capsys)
    for words in (
        "CE only",
        "CE on starter-scenes through yamnet",
        "finished",
        "1 of 3, 1 step\n",
        "loss 4.2500",
        "vocabulary 12",
        "total 4.5000",
        "best.safetensors (1.5 kB)",
        "test-1: rain falls",
    ):
        assert words in shown
    run.config_file.write_text("{")
    assert main(["runs", "show", run.name]) == 0
    assert "unreadable" in out(capsys)


def test_rename(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "rename", run.name, "Zwei"]) == 0
    assert out(capsys) == f"{run.name} is titled Zwei.\n"
    assert run.title() == "Zwei"


def test_deleting_asks_first(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    moved: list[Path] = []
    monkeypatch.setattr(transfer, "move_to_bin", moved.append)
    assert main(["runs", "delete", run.name]) == 2
    assert "add --yes" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    for answer, expected in (("n", []), ("", []), ("y", [run.path])):
        monkeypatch.setattr("builtins.input", lambda question, answer=answer: answer)
        assert main(["runs", "delete", run.name]) == 0
        assert moved == expected
    assert main(["runs", "delete", run.name, "--yes"]) == 0
    assert moved == [run.path] * 2


def test_a_running_run_is_not_deleted(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    events = record(run, iter([RunEnded(reason="stopped")]))
    next(events)
    assert main(["runs", "delete", run.name, "--yes"]) == 2
    assert "being trained" in capsys.readouterr().err
    list(events)


def test_export_and_import(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "run.zip"
    assert main(["runs", "export", run.name, str(archive)]) == 0
    assert str(archive) in out(capsys)
    assert main(["runs", "import", str(archive)]) == 0
    assert f"{run.name}-2" in out(capsys)
