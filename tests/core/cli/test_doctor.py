"""``doctor``: one line a check, a remedy for what is missing, and never a crash."""

from __future__ import annotations

import errno
import os
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


@pytest.mark.parametrize("error", [OSError("no\nsuch library."), SystemExit(3), RuntimeError()])
def test_a_check_that_breaks_is_a_finding(error: BaseException) -> None:
    def look() -> str:
        raise error

    state, text = Check("x", look, remedy="install it").result()
    assert state == MISSING
    assert text.endswith("; install it.") and ".;" not in text
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


@pytest.mark.parametrize("place", ["file", "file/deep", "protected", "with a space"])
def test_a_home_that_cannot_be_is_told_once_with_its_own_remedy(
    place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("AAC_STUDIO_HOME", str(tmp_path / place))
    if place == "protected":  # As a disk that is mounted so, which stops even an administrator.

        def refuse(**options: object) -> None:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))

        monkeypatch.setattr(checks.tempfile, "NamedTemporaryFile", refuse)
    found = {check.title: check.result() for check in all_checks() if check.title != "Window"}
    assert all(".;" not in text and ".." not in text for _, text in found.values())
    home = ("Folders", "Encoders", "Free disk")
    if place == "with a space":
        assert [found[title][0] for title in home] == [OK] * 3
        return
    assert [found[title][0] for title in home] == [MISSING] * 3
    reason = "Read-only file system" if place == "protected" else f"{tmp_path / 'file'} is a file"
    assert found["Folders"][1].startswith(f"The folder {tmp_path / place}")
    assert found["Folders"][1].endswith(
        f"({reason}); let AAC_STUDIO_HOME name a folder you may write in."
    )
    for title in (*home[1:], "Metrics"):
        assert found[title][1] == "not looked at, for it lies in the folders; see Folders."
