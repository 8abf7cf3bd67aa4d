"""``data``: from a folder of one's own to features and a training."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.cli import main
from core.data.datasets import open_dataset
from core.data.places import find_place
from core.runs import list_runs
from tests.core.data.layouts import make_macs
from tests.core.data.test_clotho import make_copy
from tests.core.tiny import KINDS, sound

Out = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Nine sounds with three captions each, and one that is broken."""
    place = tmp_path / "my sounds"
    place.mkdir()
    rows = ["sound;description 1;description 2"]
    for number in range(3):
        for kind, (_, captions) in KINDS.items():
            name = f"{kind}, {number}.wav"
            soundfile.write(place / name, sound(kind, seed=number), 16_000)
            rows.append(f"{name};{captions[0]};{captions[1]}")
    (place / "broken.wav").write_bytes(b"no sound")
    rows.append("broken.wav;This sound is broken.;")
    (place / "table.csv").write_text("\n".join(rows), encoding="utf-8-sig")
    return place


def test_the_list_names_what_is_here_and_what_is_not(tmp_path: Path, capsys: Out) -> None:
    make_macs(tmp_path)
    assert main(["data", "use", "macs", str(tmp_path)]) == 0
    assert main(["data"]) == 0
    lines = capsys.readouterr().out.splitlines()
    states = {line.split()[0]: line.split()[1] for line in lines[2:]}
    assert states["starter-scenes"] == "built-in" and states["macs"] == "ready"
    assert states["clotho"] == states["wavcaps-no-clotho"] == "missing"
    assert "folder" not in states
    assert str(tmp_path / "MACS") in next(line for line in lines if line.startswith("macs"))


def test_a_copy_that_is_none_is_not_remembered(tmp_path: Path, capsys: Out) -> None:
    assert main(["data", "use", "clotho", str(tmp_path)]) == 2
    assert "Clotho v2.1 is not in" in capsys.readouterr().err
    assert find_place("clotho") is None
    assert main(["data", "forget", "clotho"]) == 2


def test_info_of_what_is_missing_says_how_to_get_it(capsys: Out) -> None:
    assert main(["data", "info", "clotho"]) == 0
    text = capsys.readouterr().out
    assert "non-commercial" in text and "data download clotho" in text and "about 4.3 GB" in text
    assert main(["data", "info", "audiocaps"]) == 0
    assert "yt-dlp" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["nope", "clotho-nope", "starter-scenes+nope"])
def test_info_of_an_unknown_dataset_is_one_sentence(name: str, capsys: Out) -> None:
    assert main(["data", "info", name]) == 2
    told = capsys.readouterr()
    unknown = name.rpartition("+")[2]
    assert not told.out and told.err.count("\n") == 1
    assert f"There is no dataset named '{unknown}'; " in told.err


def test_info_counts_splits(tmp_path: Path, capsys: Out) -> None:
    make_copy(tmp_path)
    assert main(["data", "info", "clotho", "--root", str(tmp_path)]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[-3:]]
    assert rows[0][:3] == ["development", "3", "15"]


def test_what_was_never_downloaded_is_not_looked_for_in_the_current_folder(
    capsys: Out, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AAC_DATASETS_ROOT", raising=False)
    assert main(["data", "check", "clotho"]) == 2
    told = capsys.readouterr().err
    assert "Clotho v2.1 has not been found; download it or point at your copy" in told
    monkeypatch.setenv("AAC_DATASETS_ROOT", str(tmp_path))
    assert main(["data", "check", "clotho"]) == 2
    assert f"Clotho v2.1 is not in {tmp_path}" in capsys.readouterr().err


def test_info_says_which_tables_of_a_folder_are_read_and_how(folder: Path, capsys: Out) -> None:
    (folder / "z.csv").write_text(
        "sound;description\nlow, 0.wav;Another one is heard.\n", encoding="utf-8"
    )
    assert main(["data", "add", "mine", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (
        "Read from table.csv: sounds from 'sound'; captions from 'description 1', "
        "'description 2'; no column of splits." in lines
    )
    assert any(line.startswith("table.csv is read, z.csv is not: its columns") for line in lines)


def test_an_own_folder_from_columns_to_training(folder: Path, capsys: Out) -> None:
    assert main(["data", "add", "mine", str(folder), "--test-share", "0"]) == 0
    assert "train" in capsys.readouterr().out
    assert find_place("mine").mapping.file == "sound"  # type: ignore[union-attr]
    assert main(["data", "extract", "mine", "--split", "train", "--split", "validation"]) == 1
    shown = capsys.readouterr()
    assert "Warning: Clip 'broken.wav' is left out" in shown.err and "1 left out" in shown.out
    started = ["train", "--set", "data.dataset=mine", "--epochs", "1", "--device", "cpu"]
    sizes = ["model.d_model=16", "model.layers=1", "model.heads=2", "model.feedforward=32"]
    assert main([*started, *(part for size in sizes for part in ("--set", size))]) == 0
    assert "'broken.wav' is left out" in capsys.readouterr().out
    (run,) = list_runs()
    assert run.config is not None and run.config.data.dataset == "mine"


def test_columns_may_be_given(folder: Path, capsys: Out) -> None:
    table = folder / "table.csv"
    table.write_text(table.read_text("utf-8-sig").replace("description", "beschreibung"), "utf-8")
    chosen = ["--file-column", "sound", "--caption-column", "beschreibung 2"]
    assert main(["data", "add", "mine", str(folder), *chosen]) == 0
    mapping = find_place("mine").mapping  # type: ignore[union-attr]
    assert mapping is not None and mapping.captions == ("beschreibung 2",)
    assert main(["data", "add", "other", str(folder), "--caption-column", "words"]) == 2
    assert "no column 'words'" in capsys.readouterr().err
    assert main(["data", "add", "clotho", str(folder)]) == 2
    assert main(["data", "forget", "mine"]) == 0 and find_place("mine") is None


def test_the_list_says_which_datasets_leave_a_table_out(folder: Path, capsys: Out) -> None:
    assert main(["data", "add", "mine", str(folder)]) == 0
    (folder / "z.csv").write_text("what;where\nSomething deep hums.;low, 0.wav\n")
    capsys.readouterr()
    assert main(["data", "list"]) == 0
    line = next(one for one in capsys.readouterr().out.splitlines() if one.startswith("mine"))
    assert "ready, 1 table not read" in line


def test_sounds_alone_beside_a_table_of_something_else(folder: Path, capsys: Out) -> None:
    (folder / "table.csv").write_text("person,licence\nAnn,CC0\n")
    assert main(["data", "add", "mine", str(folder)]) == 2
    assert "or read no table." in capsys.readouterr().err
    assert main(["data", "add", "mine", str(folder), "--no-table"]) == 0
    assert "No table is read" in capsys.readouterr().out
    assert open_dataset("mine").splits == ("sounds",)


def test_tables_may_be_given(folder: Path, capsys: Out) -> None:
    (folder / "more.csv").write_text("file;said\nlow, 1.wav;Something deep hums on.\n")
    (folder / "most.csv").write_text("file;said\nlow, 2.wav;Something deep hums on and on.\n")
    both = ["--table", "more.csv", "--table", "most.csv"]
    assert main(["data", "add", "mine", str(folder), *both]) == 0
    out = capsys.readouterr().out
    assert "Read from more.csv, most.csv: sounds from 'file'; captions from 'said'" in out
    assert "more.csv, most.csv are read, table.csv is not: its columns differ" in out
    assert sum(len(open_dataset("mine").clips(s)) for s in open_dataset("mine").splits) == 2
    assert main(["data", "add", "other", str(folder), "--table", "none.csv"]) == 2
    assert "no table 'none.csv'" in capsys.readouterr().err


def test_a_check_prints_a_page_and_writes_json(folder: Path, tmp_path: Path, capsys: Out) -> None:
    soundfile.write(folder / "low, 0.wav", np.zeros(16_000), 16_000)
    path = tmp_path / "report.json"
    options = ["--root", str(folder), "--json", str(path)]
    assert main(["data", "check", "folder", *options]) == 1
    text = capsys.readouterr().out
    assert "ERROR  1 sound" in text and "broken.wav" in text and "is silent" in text
    assert "durations (s)" in text and str(path) in text
    record = json.loads(path.read_text())
    assert record["dataset"] == "folder" and len(record["splits"]) == 3
    assert main(["data", "check", "folder", "--root", str(folder), "--quick"]) == 1


def test_downloads_that_cannot_be(capsys: Out) -> None:
    assert main(["data", "download", "audiocaps", "--yes"]) == 2
    streams = capsys.readouterr()
    assert "Licence:" in streams.out and "cannot be downloaded here" in streams.err
    assert main(["data", "download", "nonsense"]) == 2
    assert main(["data", "download", "clotho", "dev"]) == 2


def test_extract_passes_over_a_split_without_clips(tmp_path: Path, capsys: Out) -> None:
    place = tmp_path / "one sound"
    place.mkdir()
    kind, (_, captions) = next(iter(KINDS.items()))
    soundfile.write(place / "one.wav", sound(kind), 16_000)
    (place / "table.csv").write_text(f"file,caption\none.wav,{captions[0]}\n", "utf-8")
    given = ["data", "extract", "folder", "--root", str(place)]
    assert main(given) == 0
    assert "train" in capsys.readouterr().out
    assert main([*given, "--split", "validation"]) == 2
    assert "The split has no clips" in capsys.readouterr().err


def test_a_report_alone_on_standard_output_is_json_and_a_bad_place_is_told_before(
    folder: Path, capsys: Out
) -> None:
    check = ["data", "check", "folder", "--root", str(folder), "--quick", "--json"]
    assert main([*check, "-"]) == 1
    assert "splits" in json.loads(capsys.readouterr().out)
    assert main([*check, str(folder / "table.csv" / "report.json")]) == 2
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert "table.csv cannot be made" in shown.err


@pytest.mark.parametrize("rows", ["", ",a dog\n"])
def test_a_table_that_names_no_sound_is_told_so(rows: str, tmp_path: Path, capsys: Out) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(1_600), 16_000)
    (tmp_path / "t.csv").write_text("file,caption\n" + rows)
    assert main(["data", "add", "mine", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert "t.csv" in told and "names no sound: there is nothing in the column 'file'" in told
