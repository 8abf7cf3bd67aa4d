"""``caption`` with formats for FFmpeg: a file, a folder, a timeline, standard input."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from core.cli import main
from tests.core.tiny import KINDS, sound
from tests.real_ffmpeg import AAC, NEEDS_FFMPEG, encode, picture, run, write_wave

pytestmark = NEEDS_FFMPEG


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = tmp_path / "recordings"
    folder.mkdir()
    samples = np.concatenate([sound(kind) for kind in KINDS] + [np.zeros(16_000, np.float32)])
    wave = write_wave(tmp_path / "wave.wav", samples[:, None], 16_000)
    encode(wave, folder / "Ärger & 100%.m4a", *AAC)
    encode(wave, folder / "-film.mp4", *picture(4.0), "-c:v", "mpeg4", *AAC)
    encode(wave, folder / "old.WMA", "-c:a", "wmav2")
    run(*picture(1.0), "-c:v", "mpeg4", folder / "mute.mp4")
    return folder


def test_a_folder_into_a_table(
    recordings: Path, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.csv"
    assert main(["caption", str(recordings), "--csv", str(out)]) == 1
    told = capsys.readouterr()
    assert told.err == f"'{recordings / 'mute.mp4'}' has no sound track; choose another file.\n"
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    names = [Path(row["file_name"]).name for row in rows]
    assert sorted(names) == ["-film.mp4", "old.WMA", "Ärger & 100%.m4a"]
    assert all(row["caption_predicted"] for row in rows)


def test_one_file_and_standard_input(
    recordings: Path,
    checkpoint: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = recordings / "Ärger & 100%.m4a"
    assert main(["caption", str(path)]) == 0
    name, *rest = capsys.readouterr().out.split("\t")
    assert name == str(path)
    stream = SimpleNamespace(buffer=io.BytesIO(path.read_bytes()), isatty=lambda: False)
    monkeypatch.setattr("sys.stdin", stream)
    assert main(["caption", "-"]) == 0
    assert capsys.readouterr().out.split("\t") == ["-", *rest]


def test_a_timeline(
    recordings: Path, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "film.srt"
    film = str(recordings / "-film.mp4")
    assert main(["caption", film, "--window", "1", "--hop", "0.5", "--srt", str(out)]) == 0
    assert out.read_text().startswith("1\n00:00:00,000 --> ")
    last = capsys.readouterr().out.splitlines()[-1].split("\t")
    # The last second is silent.
    assert 2.5 <= float(last[2]) <= 3.6
