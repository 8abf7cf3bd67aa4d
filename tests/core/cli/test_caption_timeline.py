"""``caption --timeline``: long recordings, one and several."""

from __future__ import annotations

import csv
import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.cli import main
from tests.core.tiny import sound


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "long.wav"
    silence = np.zeros(3 * 16_000, np.float32)
    parts = [sound("low"), sound("high"), sound("noise"), silence, sound("low")]
    soundfile.write(path, np.concatenate(parts), 16_000, subtype="FLOAT")
    return path


def test_one_recording_in_every_format(
    recording: Path, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outs = {kind: tmp_path / f"out.{kind}" for kind in ("srt", "vtt", "labels", "csv", "json")}
    options = [part for kind, out in outs.items() for part in (f"--{kind}", str(out))]
    assert main(["caption", str(recording), "--window", "1", "--hop", "0.5", *options]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert {row[0] for row in rows} == {str(recording)}
    times = [(float(row[1]), float(row[2])) for row in rows]
    assert times[0][0] == 0.0
    assert times[-1][1] == 7.0
    # Nothing is said of the silence between 3 s and 6 s.
    assert any(one[1] < other[0] for one, other in itertools.pairwise(times))
    assert outs["srt"].read_text().startswith("1\n00:00:00,000 --> ")
    assert outs["vtt"].read_text().startswith("WEBVTT")
    assert len(outs["labels"].read_text().splitlines()) == len(rows)
    assert len(list(csv.DictReader(outs["csv"].read_text().splitlines()))) == len(rows)
    assert [item["caption"] for item in json.loads(outs["json"].read_text())] == [
        row[3] for row in rows
    ]


def test_several_recordings_go_into_a_folder_and_broken_ones_are_told(
    recording: Path, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "long.wav").write_bytes(recording.read_bytes())
    (folder / "broken.wav").write_bytes(b"no sound")
    out = tmp_path / "titles"
    assert main(["caption", str(recording), str(folder), "--srt", str(out)]) == 1
    assert sorted(path.name for path in out.iterdir()) == ["long-2.srt", "long.srt"]
    assert "broken.wav" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--window", "1", "--hop", "2"], "nothing goes unheard"),
        (["--window", "0.01"], "from 0.5 to 600"),
        (["--srt", "."], "is a folder"),
    ],
)
def test_options_that_cannot_work_are_told_before_the_work(
    recording: Path,
    checkpoint: Path,
    options: list[str],
    reason: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["caption", str(recording), "--timeline", *options]) != 0
    assert reason in capsys.readouterr().err
