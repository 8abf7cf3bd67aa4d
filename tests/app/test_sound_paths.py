"""Folders that nobody may look into are told, not passed over."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.sound_paths import collect_sounds, is_folder, is_there, not_searched, nothing_found


@pytest.fixture
def close(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Let nobody look into a folder; access rights alone do not keep the administrator out."""
    shut: set[str] = set()
    scandir = os.scandir

    def refuse(path: Any = ".") -> Any:
        if str(path) in shut:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    return lambda path: shut.add(str(path))


def test_a_closed_folder_is_told_and_the_rest_is_searched(
    tmp_path: Path, close: Callable[[Path], None]
) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "a.wav").write_bytes(b"x")
    (inner / "b.wav").write_bytes(b"x")
    close(inner)
    closed: list[Path] = []
    assert collect_sounds([tmp_path], closed=closed) == [tmp_path / "a.wav"]
    assert closed == [inner]
    assert f"permission to look into '{inner}'; change" in not_searched(closed)
    assert "and 2 other folders" in not_searched([inner, inner, inner])
    assert not_searched([]) == ""


def test_nothing_found_says_whether_anybody_could_look(
    tmp_path: Path, close: Callable[[Path], None]
) -> None:
    assert "There is no sound file in" in nothing_found([tmp_path])
    close(tmp_path)
    closed: list[Path] = []
    assert collect_sounds([tmp_path], closed=closed) == []
    assert "no permission" in nothing_found([tmp_path], closed)


def test_what_cannot_be_reached_is_no_folder(tmp_path: Path) -> None:
    """A file in a folder without rights is opened as a file, which then says so."""

    class Unreachable(type(tmp_path)):  # type: ignore[misc]
        def is_dir(self) -> bool:
            raise PermissionError(13, "Permission denied")

        is_file = is_dir

    path = Unreachable(tmp_path / "closed" / "a.wav")
    assert not is_folder(path) and not is_there(path)
    assert collect_sounds([path]) == [path]
