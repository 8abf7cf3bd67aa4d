"""``caption``: files and folders, good and broken."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.cli import main
from tests.core.tiny import KINDS, sound


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    folder = tmp_path / "sounds"
    (folder / "deep").mkdir(parents=True)
    for name, kind in zip(("a.wav", "b.flac", "deep/c.ogg"), KINDS, strict=True):
        soundfile.write(folder / name, sound(kind), 16_000)
    (folder / "notes.txt").write_text("no sound")
    return folder


def lines(capsys: pytest.CaptureFixture[str]) -> tuple[list[list[str]], str]:
    shown = capsys.readouterr()
    return [line.split("\t") for line in shown.out.splitlines()], shown.err


def test_a_folder_gives_one_line_a_sound_file(
    sounds: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["caption", str(sounds)]) == 0
    found, errors = lines(capsys)
    names = [str(sounds / name) for name in ("a.wav", "b.flac", "deep/c.ogg")]
    assert [row[0] for row in found] == names
    assert all(row[1] for row in found)
    assert errors == ""


def test_broken_files_are_told_at_the_end_and_the_others_captioned(
    sounds: Path, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (sounds / "broken.wav").write_bytes(os.urandom(1000))
    (sounds / "empty.wav").touch()
    (tmp_path / "silent").mkdir()
    out = tmp_path / "out.json"
    given = [str(sounds), str(tmp_path / "absent.wav"), str(tmp_path / "silent")]
    assert main(["caption", *given, "--json", str(out)]) == 1
    found, errors = lines(capsys)
    assert len(found) == 3
    for name in ("broken.wav", "empty.wav", "absent.wav", "silent"):
        assert name in errors
    assert errors.count("\n") == 4
    kept = json.loads(out.read_text())
    assert len(kept["captions"]) == 3
    assert len(kept["failed"]) == 4
    # The same name may be in several folders.
    assert f"'{sounds / 'empty.wav'}' is an empty file" in errors


def test_an_empty_name_is_not_the_current_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["caption", ""]) == 2
    assert capsys.readouterr().err == "A file name is empty; name a sound file or a folder.\n"


def test_nothing_but_broken_files_needs_no_checkpoint_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["caption", str(tmp_path)]) == 2
    assert "holds no sound file" in capsys.readouterr().err


def test_json_and_csv(
    sounds: Path, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, details = tmp_path / "new" / "out.csv", tmp_path / "out.json"
    file = str(sounds / "a.wav")
    options = ["--csv", str(table), "--json", str(details), "--beam-size", "2"]
    assert main(["caption", file, file, *options]) == 0
    ((path, caption),), _ = lines(capsys)
    with table.open(newline="", encoding="utf-8") as stream:
        assert list(csv.DictReader(stream)) == [{"file_name": path, "caption_predicted": caption}]
    (kept,) = json.loads(details.read_text(encoding="utf-8"))["captions"]
    assert kept["caption_predicted"] == kept["beams"][0]["caption"] == caption
    assert len(kept["beams"]) == 2
    assert kept["duration"] == 1.0
    assert len(kept["tags"]) == 10
    assert kept["checkpoint"] == str(checkpoint)


def test_a_wrong_beam_size_is_one_sentence(
    sounds: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["caption", str(sounds / "a.wav"), "--beam-size", "0"]) == 2
    assert "--beam-size is '0' but must be a whole number from 1 to 64" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Windows forbids such names")
def test_odd_names_stay_on_one_line(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = tmp_path / "a\tb\nc.wav"
    soundfile.write(odd, sound("low"), 16_000)
    raw = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.wav")
    os.link(odd, raw)
    out = tmp_path / "out"
    options = ["--json", f"{out}.json", "--csv", f"{out}.csv"]
    assert main(["caption", str(odd), raw, *options]) == 0
    found, _ = lines(capsys)
    assert [len(row) for row in found] == [2, 2]
    assert found[0][0].endswith("a\\tb\\nc.wav")
    assert len(json.loads(Path(f"{out}.json").read_text())["captions"]) == 2


def test_an_unwritable_output_is_told_before_the_work(
    sounds: Path, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    target = tmp_path / "file" / "out.json"
    assert main(["caption", str(sounds), "--json", str(target)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert str(target.parent) in shown.err


def test_reranking_and_confidence(
    sounds: Path, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from core.confidence import SIGNS, Confidence, confidence_path

    count = len(SIGNS)
    made = Confidence((0.0,) * count, 0.0, (0.0,) * count, (1.0,) * count, 0.6, "nothing")
    made.save(confidence_path(checkpoint))
    outputs = [tmp_path / "out.csv", tmp_path / "out.json"]
    told = ["--csv", str(outputs[0]), "--json", str(outputs[1])]
    assert main(["caption", str(sounds), "--strategy", "rerank", *told]) == 0
    found, _ = lines(capsys)
    assert [row[2] for row in found] == ["0.50"] * 3
    assert all(row[1].startswith("possibly ") for row in found)
    with outputs[0].open() as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["file_name", "caption_predicted", "confidence"]
    assert [row[2] for row in rows[1:]] == ["0.50"] * 3
    kept = json.loads(outputs[1].read_text())["captions"]
    assert {(item["confidence"], item["wording"]) for item in kept} == {(0.5, "possible")}
    assert all(item["caption_predicted"] == f"possibly {item['hypothesis']}" for item in kept)


def test_an_unknown_strategy_is_one_sentence(
    sounds: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["caption", str(sounds), "--strategy", "guess"]) != 0
    error = capsys.readouterr().err
    assert "strategy" in error
    assert error.count("\n") == 1


def test_lines_of_json_and_a_submission(
    sounds: Path, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (sounds / "broken.wav").write_bytes(os.urandom(1000))
    out, submission = tmp_path / "out.jsonl", tmp_path / "submission.csv"
    options = ["--jsonl", str(out), "--dcase", str(submission)]
    assert main(["caption", str(sounds), *options]) == 1
    found, _ = lines(capsys)
    kept = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [item["file_name"] for item in kept] == ["a.wav", "b.flac", "broken.wav", "c.ogg"]
    assert "not a sound file" in kept[2]["problem"]
    with submission.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["file_name", "caption_predicted"]
    said = dict((Path(path).name, caption) for path, caption in found)
    assert dict(rows[1:]) == said


def test_an_interrupted_run_is_taken_up(
    sounds: Path,
    checkpoint: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from core.captioner import Captioner

    assert main(["caption", str(sounds / "a.wav"), str(sounds / "b.flac")]) == 0
    before, _ = lines(capsys)
    asked = []
    real = Captioner.caption_waveforms

    def counted(self, waveforms, *more):
        asked.append(len(waveforms))
        return real(self, waveforms, *more)

    monkeypatch.setattr(Captioner, "caption_waveforms", counted)
    assert main(["caption", str(sounds), "--resume"]) == 0
    after, _ = lines(capsys)
    assert sum(asked) == 1
    assert after[:2] == before
    assert len(after) == 3
    # A file that was changed since is heard again; without --resume all are.
    soundfile.write(sounds / "a.wav", np.zeros(8_000), 16_000)
    assert main(["caption", str(sounds), "--resume"]) == 0
    assert sum(asked) == 2
    assert main(["caption", str(sounds)]) == 0
    assert sum(asked) == 5


def test_options_may_stand_between_the_files(
    sounds: Path, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = str(sounds / "a.wav"), str(sounds / "b.flac")
    out = tmp_path / "out.csv"
    assert main(["caption", first, "--csv", str(out), second]) == 0
    found, errors = lines(capsys)
    assert ([row[0] for row in found], errors) == ([first, second], "")


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_names_that_lead_nowhere_are_told_like_any_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    circle = tmp_path / "circle.wav"
    circle.symlink_to(circle)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "again").symlink_to(tmp_path / "folder")
    names = [str(circle), "x" * 300, str(tmp_path / "folder")]
    for more in ([], ["--timeline"]):
        assert main(["caption", *names, *more]) == 2
        shown = capsys.readouterr()
        assert shown.err.count("\n") == 3
        assert "should not happen" not in shown.err
        assert "holds no sound file" in shown.err


def test_all_failed_is_another_end_than_some(
    sounds: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["caption", str(sounds / "absent.wav")]) == 2
    assert main(["caption", str(sounds / "absent.wav"), str(sounds / "a.wav")]) == 1
    assert "absent.wav" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Standard input is empty; check the command that writes into the pipe."),
        (b"no sound", "Standard input is damaged or is not a sound file; "),
    ],
)
@pytest.mark.parametrize("more", [[], ["--timeline"]])
def test_standard_input_is_no_file(
    content: bytes,
    sentence: str,
    more: list[str],
    checkpoint: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert main(["caption", "-", *more]) == 2
    told = capsys.readouterr().err
    assert told.startswith(sentence)
    assert "'" not in told.partition(";")[0]


def test_taking_over_says_what_it_took_over(
    sounds: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["caption", str(sounds), "--resume"]) == 0
    found, errors = lines(capsys)
    assert len(found) == 3
    assert errors.startswith("Nothing is taken over: with this checkpoint and search none")
    (sounds / "a.wav").unlink()
    soundfile.write(sounds / "new.wav", sound("low"), 16_000)
    assert main(["caption", str(sounds), "--resume"]) == 0
    found, errors = lines(capsys)
    assert (len(found), errors) == (3, "Captioned before and taken over: 2 of 3 files.\n")
