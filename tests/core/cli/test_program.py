"""The program as a whole: help without torch, one sentence for every mistake."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import paths
from core.cli import main
from core.cli.program import build_parser
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
        (["nonsense"], "there is no command nonsense; choose train, caption, "),
        (["trian"], "no command trian; did you mean train? 'aac-studio --help'"),
        (["starter"], "aac-studio starter: say what to do: build;"),
        (["train", "--preset"], "train: --preset needs a value, as in --preset NAME;"),
        (["train", "--prest", "a"], "train: there is no option --prest; did you mean --preset?"),
        (["train", "now"], "aac-studio train: 'now' is one too many;"),
        (["train", "--preset", "nope"], "no preset named nope"),
        (["train", "--preset", "a", "--config", "b"], "--config and --preset do not go together"),
        (["train", "--config", "/no/such.json"], "/no/such.json does not exist"),
        (["train", "--set", "epochs"], "--set takes PATH=VALUE, not 'epochs'"),
        (["train", "--set", "=3"], "'' is not a setting"),
        (
            ["train", "--set", "epochs=3"],
            "'epochs' is not a setting; did you mean training.epochs?",
        ),
        (["train", "--set", "training.epoch=3"], "did you mean training.epochs? 'aac-studio train"),
        (["train", "--set", "seed=" + "9" * 5000], "a whole number of fewer digits"),
        (["train", "--set", "data.dataset=clotoh"], "named 'clotoh'; did you mean clotho?"),
        (["train", "--preset", "dcase2024-baseline"], "Clotho v2.1 has not been found"),
        (["train", "--preset", "starter-fine-tune"], "add --set data.root=FOLDER."),
        (["train", "--set", "data.encoder=yamet"], "named 'yamet'; did you mean yamnet?"),
        (["queue", "add", "--after", "x"], "no entry x to wait for"),
        (["queue", "move", "x", "0"], "PLACE is '0' but must be a whole number, 1 or more"),
        (
            ["experiment", "create", "T", "--arms", "starter-ce", "--split", "tset"],
            "no split 'tset'; did you mean test?",
        ),
        (["experiment", "create", "T", "--arms", "starter-ce", "--seeds", "-1"], "--seeds is '-1'"),
        (["submission", "check", "nowhere"], "There is no folder nowhere; name the one"),
        (
            ["starter", "build", "--quick", "--output", str(ROOT / "core")],
            "core is a folder; name a file",
        ),
        (["data", "add", "x", ".", "--test-share", "nan"], "--test-share is 'nan' but must be a"),
        (["train", "--preset", "strter-ce"], "no preset named strter-ce; did you mean starter-ce?"),
        (["caption", "a.wav", "--checkpoint", ""], "The name of the checkpoint is empty"),
        (["caption", "a.wav", "--checkpoint", "startr"], "startr; did you mean starter? 'aac-"),
        (
            ["caption", "a.wav", "--checkpoint", str(ROOT / "tests")],
            "tests is no run folder: config.json is",
        ),
        (["caption", "a.wav", "--checkpoint", "x" * 300], "no checkpoint or run named xxx"),
        (["runs", "show", ""], "The name of the run is empty"),
        (["runs", "show", "x" * 300], "no run named xxx"),
        (["weights", "download", "convnext"], "'convnext'; did you mean convnext-tiny?"),
        (["metrics", "install", "spyce"], "'spyce' to install; did you mean spice?"),
        (["data", "info", "clotoh"], "'clotoh'; did you mean clotho?"),
        (["train", "--set", "model.colour=3"], "'model.colour' is not a setting"),
        (["train", "--set", "model.d_model=255"], "model width 255"),
        (["train", "--set", "training.epochs=NaN"], "training.epochs is nan"),
        (["train", "--set", "model={}x"], "model is '{}x'"),
        (["train", "--set", "training.epochs=0"], "training.epochs is 0 but must be at least 1"),
        (
            ["train", "--epochs", "0"],
            "--epochs is '0' but must be a whole number from 1 to 100,000",
        ),
        (["train", "--epochs", "2.5"], "--epochs is '2.5' but must be a whole number"),
        (["train", "--seed", "-1"], "--seed is '-1' but must be a whole number from 0 to 2,147,"),
        (["train", "--seed", "9" * 5000], "--seed is '999999999999999999999999999999…' but must"),
        (["train", "--device", "gpu"], "device is 'gpu' but must be auto, cpu"),
        (["train", "--name", "x" * 99], "at most 80 characters"),
        (["train", "--resume", "nothing"], "no run named nothing"),
        (["train", "--resume", "x", "--epochs", "3"], "keeps its settings"),
        (["caption"], "name sound files or folders, or use --watch"),
        (["caption", "a.wav", "--csv", " "], "--csv has an empty name; name a file"),
        (["caption", "a.wav", "--js", "x"], "--js could match --json, --jsonl"),
        (["caption", "--list-devices", "--csv", "x"], "--csv does not go with --list-devices"),
        (["caption", "--watch", ".", "--json", "-"], "standard output has the captions; name"),
        (["caption", "a.wav", "--checkpoint", "nothing"], "no checkpoint or run named nothing"),
        (["caption", "a.wav", "--json", "."], "is a folder"),
        (["evaluate", "--clips", "-1"], "--clips is '-1' but must be a whole number, 0 or more"),
        (["evaluate", "--clips", "many"], "--clips is 'many' but must be a whole number"),
        (["evaluate", "--metrics", "cider"], "no metric named cider; did you mean cider_d?"),
        (
            ["submission", "check", "--splits", "test"],
            "FOLDER is missing; write it before --splits",
        ),
        (["runs", "show"], "aac-studio runs show: RUN is missing;"),
        (["runs", "show", "nothing"], "no run named nothing"),
        (["runs", "delete", "nothing"], "no run named nothing"),
        (["runs", "export", "nothing", "x.zip"], "no run named nothing"),
        (["runs", "import", "/no/such.zip"], "/no/such.zip"),
        (["runs", "paint"], "no action paint; choose list, show, rename, "),
        (["runs", "exprot", "x", "y"], "no action exprot; did you mean export?"),
        (["data", "extract", "x", "--dtype", "int8"], "--dtype is 'int8' but must be float32 or"),
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


@pytest.mark.parametrize("value", ["x", "nan", "inf", "-inf", "1e999", "-1", "0", "1e9", ""])
@pytest.mark.parametrize(
    "option",
    [
        *("--window", "--hop", "--interval", "--quiet", "--rate", "--beam-size"),
    ],
)
def test_a_number_that_cannot_be_is_told_with_its_option_and_what_can_be(
    option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if (option, value) in (("--quiet", "-1"), ("--quiet", "0")):
        return
    assert main(["caption", "a.wav", f"{option}={value}"]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"aac-studio caption: {option} is '{value}' but must be a ")
    assert " from " in told and " to " in told


def test_every_option_of_every_command_says_what_it_does() -> None:
    def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
        yield parser
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for inner in action.choices.values():
                    yield from parsers(inner)

    for parser in parsers(build_parser()):
        assert parser.prog == "aac-studio" or parser.description
        for action in parser._actions:
            assert action.help or isinstance(action, argparse._SubParsersAction), action
            assert action.type not in (int, float), f"{parser.prog} {action.option_strings}"
        parser.format_help()


@pytest.mark.skipif(os.name == "nt", reason="needs a device that is full")
def test_a_full_or_closed_standard_output_is_told_in_one_sentence() -> None:
    for arguments in ("runs", "train --list-settings"):
        command = f"'{sys.executable}' -m core.cli {arguments}"
        answers = [
            subprocess.run(
                ["bash", "-c", command + where], capture_output=True, text=True, cwd=ROOT
            )
            for where in (" > /dev/full", " >&-", " 2>&-")
        ]
        assert answers[0].returncode == 2
        assert answers[0].stderr == (
            "Standard output cannot be written (No space left on device); send it elsewhere.\n"
        )
        assert [(one.returncode, one.stderr) for one in answers[1:]] == [(0, "")] * 2
        assert answers[2].stdout


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
def test_a_reader_that_stops_reading_is_no_error() -> None:
    command = f"'{sys.executable}' -m core.cli train --list-settings | head -n 1"
    answer = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, cwd=ROOT
    )
    assert answer.stderr == ""
    assert answer.stdout.startswith("setting")
