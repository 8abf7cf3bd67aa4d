"""Files are measured once, and again when they change."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.audio import measured
from core.audio.measured import MeasuredFiles


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "a.m4a").write_bytes(b"1234")
    return tmp_path / "a.m4a"


def test_a_file_is_measured_until_it_changes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []

    def measure(path: Path) -> int:
        asked.append(path)
        return path.stat().st_size

    answers: MeasuredFiles[int] = MeasuredFiles()
    assert [answers.get(path, measure) for _ in range(3)] == [4, 4, 4]
    path.write_bytes(b"12345")
    assert answers.get(path, measure) == 5
    os.utime(path, ns=(0, 0))
    assert answers.get(path, measure) == 5
    assert len(asked) == 3
    # Only so many are kept.
    monkeypatch.setattr(measured, "_MOST_KEPT", 1)
    other = path.with_name("b.m4a")
    other.write_bytes(b"1")
    for file in (other, path, other):
        answers.get(file, measure)
    assert len(asked) == 6
    answers.clear()
    assert (answers.get(other, measure), len(asked)) == (1, 7)


def test_threads_wait_for_one_answer(path: Path) -> None:
    go_on = threading.Event()
    asked: list[Path] = []

    def measure(path: Path) -> int:
        asked.append(path)
        assert go_on.wait(10)
        return 7

    answers: MeasuredFiles[int] = MeasuredFiles()
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(answers.get, path, measure) for _ in range(4)]
        go_on.set()
        assert [one.result() for one in waiting] == [7] * 4
    assert len(asked) == 1


def test_a_failure_is_raised_and_not_kept(path: Path) -> None:
    def fail(path: Path) -> int:
        raise ValueError("no sound")

    answers: MeasuredFiles[int] = MeasuredFiles()
    with pytest.raises(ValueError, match="no sound"):
        answers.get(path, fail)
    assert answers.get(path, lambda path: 3) == 3
    with pytest.raises(FileNotFoundError):
        answers.get(path.with_name("gone"), lambda path: 3)
