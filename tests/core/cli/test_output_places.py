"""No output replaces a sound, or another output."""

from __future__ import annotations

import errno
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.cli import main, output_places


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


@pytest.mark.parametrize("kind", ["json", "csv", "jsonl", "dcase", "srt", "vtt", "labels"])
@pytest.mark.parametrize(
    ("out", "reason"),
    [
        (".", "is a folder; name a file"),
        ("rain.ogg/out", "The folder rain.ogg cannot be made"),
        ("x" * 300, "xxx cannot be written (File name too long); choose another place."),
        ("protected", "protected is write-protected; name another file."),
    ],
)
def test_an_output_that_cannot_be_is_told_before_the_work(
    kind: str,
    out: str,
    reason: str,
    sound: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(sound.parent)
    Path("protected").touch()
    access = os.access
    # For the administrator, who may run the tests, nothing is protected.
    monkeypatch.setattr(
        os, "access", lambda path, mode: "protected" not in str(path) and access(path, mode)
    )
    assert main(["caption", "rain.ogg", f"--{kind}", out]) == 2
    shown = capsys.readouterr()
    assert reason in shown.err
    assert (shown.err.count("\n"), shown.out) == (1, "")
    assert sorted(path.name for path in sound.parent.iterdir()) == ["protected", "rain.ogg"]


@pytest.mark.parametrize("kind", ["json", "csv", "jsonl", "dcase", "srt", "vtt", "labels"])
def test_a_disk_that_fills_up_is_told_and_the_other_outputs_are_written(
    kind: str,
    checkpoint: Path,
    sound: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(sound.parent)
    write = output_places.write_text_atomic

    def refuse(path: Path, text: str) -> None:
        if path.name == "full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(path, text)

    monkeypatch.setattr(output_places, "write_text_atomic", refuse)
    other = "csv" if kind == "json" else "json"
    assert main(["caption", "rain.ogg", f"--{kind}", "full", f"--{other}", "other"]) == 1
    shown = capsys.readouterr()
    assert shown.out == "" or shown.out.startswith("rain.ogg\t")  # Silence has no timeline.
    told = [line for line in shown.err.splitlines() if not line.startswith("Written")]
    assert told == ["full cannot be written (No space left on device); choose another place."]
    assert Path("other").stat().st_size
    assert not Path("full").exists()


@pytest.mark.parametrize("kind", ["json", "csv", "jsonl", "dcase", "srt", "vtt", "labels"])
def test_an_output_to_standard_output_has_it_alone(
    kind: str,
    checkpoint: Path,
    sound: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(sound.parent)
    assert main(["caption", "rain.ogg", f"--{kind}", "-"]) == 0
    shown = capsys.readouterr()
    assert main(["caption", "rain.ogg", f"--{kind}", "out"]) == 0
    again = re.compile(r'"seconds": [0-9.]+')
    assert again.sub("", shown.out) == again.sub("", Path("out").read_text())
    assert shown.err == ""
    assert not Path("-").exists()
    assert main(["caption", "rain.ogg", "--csv", "-", "--json", "-"]) == 2
    assert "- is named for two outputs" in capsys.readouterr().err


def test_a_device_is_no_place_for_what_grows(
    sound: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["caption", "--watch", str(sound.parent), "--csv", os.devnull]) == 2
    assert "is no file; name one, in which the results can grow." in capsys.readouterr().err


@pytest.mark.parametrize("command", [["evaluate"], ["score", "captions.csv"]])
def test_a_folder_of_scores_that_cannot_be_is_told(
    command: list[str], sound: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--out", str(sound)]) == 2
    assert "rain.ogg is a file; name a folder to write to." in capsys.readouterr().err
    assert main([*command, "--out", str(sound / "deep")]) == 2
    assert "rain.ogg/deep cannot be made (Not a directory)" in capsys.readouterr().err


def test_a_report_does_not_replace_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "captions.csv"
    table.write_text("file,caption\nrain.ogg,rain falls\n")
    options = ["--root", str(tmp_path), "--json", str(table)]
    assert main(["data", "check", "folder", *options]) == 2
    assert "captions.csv is not a JSON file" in capsys.readouterr().err
    assert table.read_text().startswith("file,caption")
