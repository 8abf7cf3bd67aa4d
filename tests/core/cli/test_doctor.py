"""``doctor``: one line a check, a remedy for what is missing, and never a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

import core.cli.checks as checks
from core.cli import main
from core.cli.checks import MISSING, OK, OPTIONAL, Check, all_checks


def test_every_check_gives_one_line() -> None:
    for check in all_checks():
        state, text = check.result()
        assert state in (OK, OPTIONAL, MISSING), check.title
        assert text and "\n" not in text, check.title


@pytest.mark.parametrize("title", ["Python", "numpy", "PyTorch", "Devices", "Encoders", "Folders"])
def test_what_the_tests_themselves_need_is_there(title: str) -> None:
    (check,) = (check for check in all_checks() if check.title == title)
    assert check.result()[0] == OK


@pytest.mark.parametrize("error", [OSError("no\nsuch library"), SystemExit(3), RuntimeError()])
def test_a_check_that_breaks_is_a_finding(error: BaseException) -> None:
    def look() -> str:
        raise error

    state, text = Check("x", look, remedy="install it").result()
    assert state == MISSING
    assert text.endswith("; install it")
    assert "\n" not in text
    assert Check("x", look, required=False).result()[0] == OPTIONAL


def test_the_exit_code_tells_whether_something_required_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent() -> str:
        raise checks._AbsentError("gone; get it.")

    fine, wrong = Check("a", lambda: "1.0"), Check("b", absent)
    monkeypatch.setattr(checks, "all_checks", lambda: (fine, Check("b", absent, required=False)))
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.split("\n")[:2] == [
        "OK        a: 1.0",
        "optional  b: gone; get it.",
    ]
    monkeypatch.setattr(checks, "all_checks", lambda: (fine, wrong))
    assert main(["doctor"]) == 1


def test_remedies(monkeypatch: pytest.MonkeyPatch) -> None:
    by_title = {check.title: check for check in all_checks()}
    monkeypatch.setattr(checks.shutil, "which", lambda name: None)
    state, text = by_title["FFmpeg"].result()
    assert state == OPTIONAL
    assert "install FFmpeg (pip install imageio-ffmpeg)" in text
    assert "Java" in by_title["Java"].result()[1]
    monkeypatch.setattr("core.evaluation.java._candidates", lambda: iter(()))
    assert "metrics install java" in by_title["Java"].result()[1]
    monkeypatch.setattr(checks, "_LEAST_FREE", 10**18)
    assert by_title["Free disk"].result()[0] == MISSING
    monkeypatch.setattr(checks.sys, "platform", "linux")
    for name in ("WAYLAND_DISPLAY", "DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert "work without it" in by_title["Display"].result()[1]


def test_a_folder_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("AAC_STUDIO_HOME", str(tmp_path / "file"))
    by_title = {check.title: check for check in all_checks()}
    state, text = by_title["Folders"].result()
    assert state == MISSING
    assert "AAC_STUDIO_HOME" in text
