"""Which FFmpeg is used, and what is said where there is none."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.audio import ffmpeg, ffmpeg_program
from core.audio.ffmpeg_program import available, ffmpeg_version, find_ffmpeg
from core.audio.files import openable_suffixes, probe
from core.cli.checks import OK, OPTIONAL, all_checks
from core.errors import AudioFileError
from tests.real_ffmpeg import needs_ffmpeg

posix = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are scripts")


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def check() -> tuple[str, str]:
    (found,) = (check for check in all_checks() if check.title == "FFmpeg")
    return found.result()


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ffmpeg_program, "PACKAGE", "no_such_package")


@pytest.fixture
def bare_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path / "bin"


@needs_ffmpeg
@pytest.mark.usefixtures("bare_path")
def test_the_package_is_found_without_importing_it() -> None:
    program = find_ffmpeg()
    assert program is not None
    assert "imageio_ffmpeg" in program
    assert ffmpeg_version(program)[0].isalnum()
    assert available()
    assert ".m4a" in openable_suffixes()
    state, text = check()
    assert state == OK
    assert ffmpeg_version(program) in text and program in text
    code = (
        "import sys, core.audio.ffmpeg_program as p; p.find_ffmpeg();"
        "sys.exit('imageio_ffmpeg' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@posix
def test_the_one_on_the_search_path_comes_first(bare_path: Path) -> None:
    own = script(bare_path / "ffmpeg", "#!/bin/sh\necho ffmpeg version 5.1.7-0+deb12u1 Copyright\n")
    assert find_ffmpeg() == str(own)
    assert check() == (OK, f"5.1.7-0+deb12u1 at {own} (for M4A, AAC, WMA and videos)")


@pytest.mark.usefixtures("no_package", "bare_path")
def test_none_at_all(tmp_path: Path) -> None:
    assert find_ffmpeg() is None
    assert not available()
    assert ".m4a" not in openable_suffixes()
    state, text = check()
    assert state == OPTIONAL
    assert text.endswith("install FFmpeg (pip install imageio-ffmpeg).")
    for name in ("song.m4a", "diary.txt"):
        (tmp_path / name).write_text("text")
        with pytest.raises(AudioFileError, match=r"install FFmpeg \(pip install imageio-ffmpeg\)"):
            probe(tmp_path / name)


@posix
@pytest.mark.usefixtures("bare_path")
def test_a_package_without_a_program_that_can_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ffmpeg_program, "PACKAGE", "some_ffmpeg")
    monkeypatch.syspath_prepend(tmp_path)
    binaries = tmp_path / "some_ffmpeg" / "binaries"
    binaries.mkdir(parents=True)
    (tmp_path / "some_ffmpeg" / "__init__.py").touch()
    (binaries / "README.md").touch()
    assert find_ffmpeg() is None
    (binaries / "ffmpeg-linux-x86_64-v9.0.2").touch()
    assert find_ffmpeg() is None
    program = script(binaries / "ffmpeg-linux-x86_64-v9.0.2", "no program")
    assert find_ffmpeg() == str(program)


@posix
def test_one_that_does_not_start(bare_path: Path, tmp_path: Path) -> None:
    script(bare_path / "ffmpeg", "no program at all")
    (tmp_path / "song.m4a").write_text("text")
    with pytest.raises(AudioFileError, match=r"'song\.m4a' cannot be opened: FFmpeg does not"):
        probe(tmp_path / "song.m4a")
    state, text = check()
    assert state == OPTIONAL
    assert "install FFmpeg" in text
    script(bare_path / "ffmpeg", "#!/bin/sh\necho hello\n")
    assert "does not tell its version; install FFmpeg" in check()[1]


@posix
@needs_ffmpeg
def test_no_console_window_opens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every start asks Windows for none; elsewhere the flag is 0 and does nothing."""
    seen: list[int] = []

    class Watched(subprocess.Popen[Any]):
        def __init__(self, *arguments: Any, creationflags: int = 0, **options: Any) -> None:
            seen.append(creationflags)
            super().__init__(*arguments, **options)

    monkeypatch.setattr(subprocess, "Popen", Watched)
    for module in (ffmpeg, ffmpeg_program):
        monkeypatch.setattr(module, "NO_WINDOW", 0x0800_0000)
    program = find_ffmpeg()
    assert program is not None
    ffmpeg_version(program)
    ffmpeg.counted_seconds(tmp_path / "gone.m4a")
    with pytest.raises(ffmpeg.FfmpegError), ffmpeg.open_ffmpeg(tmp_path / "gone.m4a"):
        pass
    assert seen == [0x0800_0000] * 3
