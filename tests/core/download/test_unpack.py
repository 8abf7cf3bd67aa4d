"""Archives into one folder: whole files only, nowhere else, and to be stopped at any time."""

from __future__ import annotations

import errno
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.download import unpack as module
from core.download.unpack import unpack
from core.errors import DownloadError
from tests.core.download.file_server import seven_zip, wav_bytes, zipped

SOUNDS = {f"sound {number}, ä.wav": wav_bytes(number) for number in range(5)}
IN_FOLDER = {f"development/{name}": content for name, content in SOUNDS.items()}
OTHERS = {"development/.DS_Store": b"x", "__MACOSX/._sound 0, ä.wav": b"x", "readme.txt": b"x"}


@pytest.fixture(params=["7z", "zip"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return pack({**IN_FOLDER, **OTHERS}, tmp_path / f"archive.{request.param}")


def pack(files: dict[str, bytes], path: Path) -> Path:
    if path.suffix == ".7z":
        seven_zip(files, path)
    else:
        path.write_bytes(zipped(files))
    return path


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_sounds_come_out_and_nothing_else(archive: Path, tmp_path: Path) -> None:
    events = list(unpack(archive, tmp_path / "out", "Clotho"))
    assert content(tmp_path / "out") == SOUNDS
    total = sum(map(len, SOUNDS.values()))
    done = [event.done for event in events]
    assert done == sorted(done) and (done[0], done[-1]) == (0, total)
    assert {(event.phase, event.total) for event in events} == {("Unpacking Clotho", total)}


def test_what_is_there_is_not_written_again(archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    list(unpack(archive, out, "Clotho"))
    times = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    gone = next(iter(SOUNDS))
    (out / gone).unlink()
    events = list(unpack(archive, out, "Clotho"))
    assert events[0].done == sum(map(len, SOUNDS.values())) - len(SOUNDS[gone])
    after = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    assert [name for name in times if times[name] != after[name]] == [gone]
    assert content(out) == SOUNDS


def test_it_stops_at_once_and_goes_on(archive: Path, tmp_path: Path) -> None:
    going = unpack(archive, tmp_path / "out", "Clotho")
    while not next(going).done:
        pass
    going.close()  # type: ignore[attr-defined]
    assert not [one for one in threading.enumerate() if one.name == "unpack"]
    assert all(SOUNDS[name] == data for name, data in content(tmp_path / "out").items())
    list(unpack(archive, tmp_path / "out", "Clotho"))
    assert content(tmp_path / "out") == SOUNDS


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *[(name, "zip") for name in ("../evil.wav", "/tmp/evil.wav", "a/../../evil.wav")],
        *[(name, kind) for name in ("C:\\evil.wav", "..\\evil.wav") for kind in ("7z", "zip")],
    ],
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str, kind: str) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    pack({name: wav_bytes(1)}, inner / f"archive.{kind}")
    try:
        list(unpack(inner / f"archive.{kind}", inner / "out", "Clotho"))
    except DownloadError as error:
        assert "archive" in str(error)
    wavs = [path for path in tmp_path.rglob("*") if path.is_file() and "archive" not in path.name]
    assert all(path.parent == inner / "out" for path in wavs)
    assert not Path("/tmp/evil.wav").exists()


@pytest.mark.parametrize("fault", ["cut", "flipped", "text", "empty"])
def test_a_damaged_archive_is_one_sentence(archive: Path, tmp_path: Path, fault: str) -> None:
    whole = archive.read_bytes()
    middle = len(whole) // 3
    damaged = {
        "cut": whole[: len(whole) // 2],
        "flipped": whole[:middle] + bytes(b ^ 0xFF for b in whole[middle:][:64])
        + whole[middle + 64 :],
        "text": b"<html>Not found</html>",
        "empty": b"",
    }[fault]  # fmt: skip
    archive.write_bytes(damaged)
    with pytest.raises(DownloadError, match="is damaged or of another kind"):
        list(unpack(archive, tmp_path / "out", "Clotho"))
    assert all(SOUNDS[name] == data for name, data in content(tmp_path / "out").items())
    assert not [one for one in threading.enumerate() if one.name == "unpack"]


@pytest.mark.parametrize("kind", ["7z", "zip"])
def test_two_files_of_one_name(tmp_path: Path, kind: str) -> None:
    files = {"a/x.wav": wav_bytes(1), "b/x.wav": wav_bytes(2)}
    with pytest.raises(DownloadError, match=r"holds the file 'x\.wav' twice"):
        list(unpack(pack(files, tmp_path / f"a.{kind}"), tmp_path / "out", "Clotho"))


def test_room_is_asked_for_before(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(free=1_000_000)
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(DownloadError, match="only 1 MB are free"):
        list(unpack(archive, tmp_path / "out", "Clotho"))
    assert content(tmp_path / "out") == {}


def test_a_disk_that_fills_keeps_whole_files(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [3]
    write = module._Target.write

    def full(self: Any, content: bytes) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(self, content)

    monkeypatch.setattr(module._Target, "write", full)
    with pytest.raises(DownloadError, match="is full; free some space"):
        list(unpack(archive, tmp_path / "out", "Clotho"))
    kept = content(tmp_path / "out")
    assert len(kept) == 3 and all(SOUNDS[name] == data for name, data in kept.items())
    monkeypatch.setattr(module._Target, "write", write)
    list(unpack(archive, tmp_path / "out", "Clotho"))
    assert content(tmp_path / "out") == SOUNDS
