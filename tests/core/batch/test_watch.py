"""Which files of a watched folder are ready, by a clock of the test's own."""

from __future__ import annotations

import os
from pathlib import Path

from core.batch.watch import EMPTY_SECONDS, SETTLED_SECONDS, FolderWatch, Waiting


def put(path: Path, content: bytes, changed: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, ns=(changed, changed))
    return path


def test_only_new_files_unless_asked_for_all(tmp_path: Path) -> None:
    old = put(tmp_path / "old.wav", b"x")
    new, all_of_them = FolderWatch(tmp_path), FolderWatch(tmp_path, existing=True)
    assert new.look(0.0) == all_of_them.look(0.0) == []
    assert new.look(10.0) == []
    assert all_of_them.look(10.0) == [old]
    assert all_of_them.look(20.0) == []
    # One that was still being written when the watch began is new.
    put(old, b"xx", 2)
    assert new.look(30.0) == []
    assert new.waiting(31.0) == [Waiting(old, False, 1.0)]
    assert new.look(30.0 + SETTLED_SECONDS) == [old]
    assert new.waiting(40.0) == []


def test_a_file_is_waited_for_until_it_is_whole(tmp_path: Path) -> None:
    watch = FolderWatch(tmp_path)
    watch.look(0.0)
    path = put(tmp_path / "a.flac", b"1", 1)
    assert watch.look(1.0) == []
    put(path, b"12", 2)
    assert watch.look(2.5) == []
    put(path, b"12", 3)  # as long, but written to
    assert watch.look(4.0) == []
    assert watch.look(5.9) == []
    assert watch.look(6.0) == [path]
    assert watch.look(60.0) == []
    put(path, b"123", 4)
    watch.look(61.0)
    assert watch.look(63.0) == [path]
    # Away and back as it was, as behind a network that fails: nothing new.
    path.unlink()
    watch.look(64.0)
    put(path, b"123", 4)
    watch.look(65.0)
    assert watch.look(67.0) == []
    path.unlink()
    watch.look(68.0)
    put(path, b"123", 5)
    watch.look(69.0)
    assert watch.look(71.0) == [path]


def test_an_empty_file_gets_more_time(tmp_path: Path) -> None:
    watch = FolderWatch(tmp_path, existing=True)
    path = put(tmp_path / "a.wav", b"")
    watch.look(0.0)
    assert watch.look(SETTLED_SECONDS) == []
    assert watch.look(EMPTY_SECONDS) == [path]


def test_a_renamed_file_is_ready_under_its_new_name(tmp_path: Path) -> None:
    watch = FolderWatch(tmp_path)
    watch.look(0.0)
    half = put(tmp_path / "a.wav.part", b"1")
    watch.look(1.0)
    assert watch.look(5.0) == []
    half.rename(tmp_path / "a.wav")
    watch.look(6.0)
    assert watch.look(8.0) == [tmp_path / "a.wav"]


def test_what_is_no_sound_or_hidden_is_passed_over(tmp_path: Path) -> None:
    watch = FolderWatch(tmp_path, existing=True)
    flat = FolderWatch(tmp_path, deep=False, existing=True)
    for name in ("notes.txt", ".a.wav", ".hidden/a.wav", "take.recording.flac"):
        put(tmp_path / name, b"1")
    found = [put(tmp_path / name, b"1") for name in ("a.WAV", "b.m4a", "deep/er/c.opus")]
    (tmp_path / "circle").symlink_to(tmp_path, target_is_directory=True)
    watch.look(0.0)
    flat.look(0.0)
    assert watch.look(5.0) == found
    assert flat.look(5.0) == found[:2]


def test_a_folder_may_be_away_for_a_while(tmp_path: Path) -> None:
    folder = tmp_path / "share"
    old = put(folder / "old.wav", b"1")
    watch = FolderWatch(folder)
    watch.look(0.0)
    folder.rename(tmp_path / "away")
    assert watch.look(1.0) == []
    assert watch.problem
    (tmp_path / "away").rename(folder)
    new = put(folder / "new.wav", b"1")
    watch.look(2.0)
    assert watch.problem == ""
    assert watch.look(9.0) == [new]
    assert old.exists()
