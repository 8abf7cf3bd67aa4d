from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.files import (
    is_stream,
    read_json,
    replace_atomic,
    words_for_path,
    write_bytes_atomic,
    write_json_atomic,
    write_text_atomic,
)


def test_text_and_json_are_utf8(tmp_path: Path) -> None:
    write_text_atomic(tmp_path / "deep" / "a.txt", "Ärger\n")
    assert (tmp_path / "deep" / "a.txt").read_bytes() == "Ärger\n".encode()
    write_json_atomic(tmp_path / "a.json", {"name": "Grün", "n": [1, None]})
    assert read_json(tmp_path / "a.json") == {"name": "Grün", "n": [1, None]}
    assert "Grün" in (tmp_path / "a.json").read_text(encoding="utf-8")


def test_a_failure_keeps_the_old_file_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text_atomic(path, "old")
    with pytest.raises(RuntimeError), replace_atomic(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("stopped")
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_in_the_way_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(OSError):
        write_text_atomic(tmp_path / "a.txt", "new")
    assert [item.name for item in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX")
def test_files_are_as_readable_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    write_bytes_atomic(tmp_path / "ours", b"x")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "ours")]
    assert modes[0] == modes[1]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.txt").write_text("old")
    for name, target in (("link", "real/a.txt"), ("hanging", "real/b.txt")):
        (tmp_path / name).symlink_to(tmp_path / target)
        write_text_atomic(tmp_path / name, "new")
        assert (tmp_path / name).is_symlink()
        assert (tmp_path / target).read_text() == "new"
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    write_text_atomic(tmp_path / "circle", "new")
    assert (tmp_path / "circle").read_text() == "new"


@pytest.mark.skipif(os.name == "nt", reason="needs a named pipe")
def test_a_pipe_or_a_device_is_written_into_and_stays_what_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    assert is_stream(pipe)
    write_text_atomic(pipe, "Ärger")
    reader.join()
    assert read == ["Ärger".encode()]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert [item.name for item in tmp_path.iterdir()] == ["pipe"]
    assert is_stream(Path(os.devnull))
    for path in (tmp_path, tmp_path / "none", tmp_path / "no\0name"):
        assert not is_stream(path)


def test_a_name_may_be_as_long_as_the_disk_allows(tmp_path: Path) -> None:
    path = tmp_path / ("ä" * 120 + ".json")
    write_text_atomic(path, "x")
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    contents = [bytes([letter]) * 200_000 for letter in b"ab"]
    write_bytes_atomic(path, contents[0])
    done = threading.Event()

    def write() -> None:
        for turn in range(40):
            write_bytes_atomic(path, contents[turn % 2])
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        assert path.read_bytes() in contents
    writer.join()


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
def test_a_killed_writer_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text_atomic(path, "old")
    program = (
        "import os, signal, sys; from pathlib import Path; from core.files import replace_atomic\n"
        "with replace_atomic(Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run([sys.executable, "-c", program, str(path)], env=environment)
    assert ended.returncode == -signal.SIGKILL
    assert path.read_text() == "old"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("CE + CL, seed 3", "ce-+-cl-seed-3"),
        ("Été à Zürich", "ete-a-zurich"),
        ("дождь 雨 비", "дождь-雨-비"),
        ("a/b\\c:d_e.", "a-b-c-d-e"),
        ("...", ""),
        ("x" * 99, "x" * 60),
    ],
)
def test_words_for_paths_keep_every_letter(text: str, words: str) -> None:
    assert words_for_path(text) == words
