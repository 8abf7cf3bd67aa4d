"""The program as a whole: help without torch, one sentence for every mistake."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core import paths
from core.cli import main
from core.errors import StudioError

ROOT = Path(paths.__file__).parents[1]


def program(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "core.cli", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **variables},
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["train", "--help"],
        ["train", "--list-settings"],
        ["caption", "--help"],
        ["evaluate", "--help"],
        ["runs"],
        ["doctor", "--help"],
    ],
)
def test_help_and_lists_import_no_torch(arguments: list[str]) -> None:
    code = (
        f"import sys; from core.cli import main; code = main({arguments!r})\n"
        "heavy = [name for name in ('torch', 'numpy.linalg', 'PySide6') if name in sys.modules]\n"
        "sys.exit(code or ' '.join(heavy) or None)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout


def test_it_runs_as_a_module() -> None:
    answer = program("--help")
    assert answer.returncode == 0
    for command in ("train", "caption", "evaluate", "runs", "doctor"):
        assert command in answer.stdout
    assert answer.stdout.startswith("usage: aac-studio")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], "invalid choice: 'nonsense'"),
        (["train", "--preset"], "--preset: expected one argument"),
        (["train", "--preset", "nope"], "no preset named nope"),
        (["train", "--preset", "a", "--config", "b"], "not allowed with"),
        (["train", "--config", "/no/such.json"], "/no/such.json does not exist"),
        (["train", "--set", "epochs"], "--set takes PATH=VALUE, not 'epochs'"),
        (["train", "--set", "=3"], "'' is not a setting"),
        (["train", "--set", "model.colour=3"], "'model.colour' is not a setting"),
        (["train", "--set", "model.d_model=255"], "model width 255"),
        (["train", "--set", "training.epochs=NaN"], "training.epochs is nan"),
        (["train", "--set", "model={}x"], "model is '{}x'"),
        (["train", "--epochs", "0"], "training.epochs is 0 but must be at least 1"),
        (["train", "--seed", "-1"], "seed is -1"),
        (["train", "--device", "gpu"], "device is 'gpu' but must be auto, cpu"),
        (["train", "--name", "x" * 99], "at most 80 characters"),
        (["train", "--resume", "nothing"], "no run named nothing"),
        (["train", "--resume", "x", "--epochs", "3"], "keeps its settings"),
        (["caption"], "name sound files, or use --watch"),
        (["caption", "a.wav", "--checkpoint", "nothing"], "no checkpoint or run named nothing"),
        (["caption", "a.wav", "--json", "."], "is a folder"),
        (["evaluate", "--clips", "-1"], "at least 0"),
        (["evaluate", "--clips", "many"], "invalid int value"),
        (["runs", "show"], "required: RUN"),
        (["runs", "show", "nothing"], "no run named nothing"),
        (["runs", "delete", "nothing"], "no run named nothing"),
        (["runs", "export", "nothing", "x.zip"], "no run named nothing"),
        (["runs", "import", "/no/such.zip"], "/no/such.zip"),
        (["runs", "paint"], "invalid choice: 'paint'"),
    ],
)
def test_a_mistake_is_one_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert words in shown.err
    assert shown.err.count("\n") == 1
    assert "Traceback" not in shown.err
    assert shown.out == ""
    assert not any((home / "runs").glob("*"))


def test_without_a_command_it_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "commands:" in capsys.readouterr().out
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("aac-studio ")


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    answer = program("runs", AAC_STUDIO_HOME=str(tmp_path / "file"))
    assert answer.returncode == 2
    assert "AAC_STUDIO_HOME" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (StudioError("The disk is full; make room."), "The disk is full; make room.\n"),
        (ValueError("odd\nthing"), "ValueError: odd thing (this should not happen"),
        (KeyError(), "KeyError: no reason given"),
    ],
)
def test_errors_keep_their_traceback_to_themselves(
    error: Exception,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import core.cli.runs as runs

    def fail() -> None:
        raise error

    monkeypatch.setattr(runs, "list_runs", fail)
    assert main(["runs"]) == 2
    shown = capsys.readouterr().err
    assert words in shown
    assert "Traceback" not in shown
    assert main(["runs", "--traceback"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_and_a_closed_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import core.cli.runs as runs

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "list_runs", interrupted)
    assert main(["runs"]) == 130
    assert capsys.readouterr().err == "Interrupted.\n"


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
def test_a_reader_that_stops_reading_is_no_error() -> None:
    command = f"'{sys.executable}' -m core.cli train --list-settings | head -n 1"
    answer = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, cwd=ROOT
    )
    assert answer.stderr == ""
    assert answer.stdout.startswith("setting")
