"""Asking a running training for something through its folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import RunFolderError
from core.runs.commands import discard, request, take
from core.runs.owner import owned


def test_what_was_asked_for_is_told_once_and_in_order(tmp_path: Path) -> None:
    with owned(tmp_path):
        request(tmp_path, "save")
        request(tmp_path, "validate")
        request(tmp_path, "stop")
        assert take(tmp_path) == ("save", "validate", "stop")
        assert take(tmp_path) == ()
        assert not (tmp_path / "commands").exists()


def test_another_process_can_ask(tmp_path: Path) -> None:
    with owned(tmp_path):
        code = (
            "import sys, pathlib; from core.runs.commands import request; "
            "request(pathlib.Path(sys.argv[1]), 'pause')"
        )
        subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
        assert take(tmp_path) == ("pause",)


def test_nobody_hears_a_request_to_a_run_that_stands_still(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="not being trained now"):
        request(tmp_path, "save")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_command_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a command"):
        request(tmp_path, "dance")  # type: ignore[arg-type]


def test_old_and_foreign_files_are_forgotten(tmp_path: Path) -> None:
    with owned(tmp_path):
        request(tmp_path, "stop")
        discard(tmp_path)
        (tmp_path / "commands").mkdir()
        (tmp_path / "commands" / "readme").touch()
        assert take(tmp_path) == ()
