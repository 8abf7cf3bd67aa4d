"""No output replaces a sound, or another output."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.cli import main


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "rain.ogg"
    soundfile.write(path, np.zeros(4_000), 16_000)
    return path


@pytest.mark.parametrize(
    "options",
    [
        ["rain.ogg", "--csv", "rain.ogg"],
        ["rain.ogg", "--resume", "--jsonl", "rain.ogg"],
        ["rain.ogg", "--dcase", "rain.ogg"],
        ["rain.ogg", "--timeline", "--srt", "rain.ogg"],
        ["other.wav", "--json", "rain.ogg"],
        ["--watch", ".", "--csv", "rain.ogg"],
        ["--watch", ".", "--jsonl", "rain.ogg"],
    ],
)
def test_a_sound_is_not_replaced(
    options: list[str],
    sound: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(sound.parent)
    content = sound.read_bytes()
    assert main(["caption", *options]) == 2
    assert "rain.ogg is a sound file, which the output would replace" in capsys.readouterr().err
    assert sound.read_bytes() == content


@pytest.mark.parametrize(
    "options",
    [
        ["rain.ogg", "--csv", "out.txt", "--json", "out.txt"],
        ["rain.ogg", "--timeline", "--srt", "out.txt", "--vtt", "./out.txt"],
        ["--watch", ".", "--csv", "out.txt", "--dcase", "out.txt"],
    ],
)
def test_two_outputs_have_two_files(
    options: list[str],
    sound: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(sound.parent)
    assert main(["caption", *options]) == 2
    assert "out.txt is named for two outputs" in capsys.readouterr().err
    assert not Path("out.txt").exists()


def test_outputs_are_written_where_nobody_reads_the_lines(
    checkpoint: Path, sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, write = os.pipe()
    os.close(read)
    out = sound.with_name("captions.csv")
    with os.fdopen(write, "w", encoding="utf-8") as unread:
        monkeypatch.setattr(sys, "stdout", unread)
        assert main(["caption", str(sound), "--csv", str(out)]) == 0
    assert out.read_text().count("\n") == 2


def test_a_report_does_not_replace_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "captions.csv"
    table.write_text("file,caption\nrain.ogg,rain falls\n")
    options = ["--root", str(tmp_path), "--json", str(table)]
    assert main(["data", "check", "folder", *options]) == 2
    assert "captions.csv is not a JSON file" in capsys.readouterr().err
    assert table.read_text().startswith("file,caption")
