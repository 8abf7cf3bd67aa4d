"""``caption --watch``: files that come while it runs, a crash, and what others left behind."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile

from core.batch import BatchRow, RowState
from core.batch import watch as folder_watch
from core.cli import caption_watch, main
from core.cli.growing_document import Document
from core.cli.output import Interrupt
from tests.core.tiny import sound

Step = Callable[[], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "incoming"
    path.mkdir()
    return path


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> list[Step]:
    """What happens between the looks, one step at a time; after the last one Ctrl+C comes."""
    monkeypatch.setattr(folder_watch, "SETTLED_SECONDS", 0.0)
    monkeypatch.setattr(folder_watch, "EMPTY_SECONDS", 0.0)
    steps: list[Step] = []

    def pause(interval: float, end: float | None, interrupt: Interrupt) -> bool:
        if not steps:
            interrupt.asked = True
            return False
        steps.pop(0)()
        return True

    monkeypatch.setattr(caption_watch, "_pause", pause)
    return steps


def arrive(path: Path, kind: str = "low") -> Step:
    def step() -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, sound(kind), 16_000)

    return step


def listed(table: Path) -> list[str]:
    with table.open(newline="", encoding="utf-8") as stream:
        return [row["file_name"] for row in csv.DictReader(stream)]


def test_files_are_captioned_as_they_come_into_every_output(
    folder: Path,
    checkpoint: Path,
    tmp_path: Path,
    between: list[Step],
    capsys: pytest.CaptureFixture[str],
) -> None:
    arrive(folder / "old.wav")()
    outs = {kind: tmp_path / f"out.{kind}" for kind in ("csv", "jsonl", "json", "dcase")}
    grown: list[int] = []
    between += [
        arrive(folder / "a.wav"),
        lambda: grown.append(len(outs["csv"].read_text().splitlines())),
        lambda: (folder / "broken.wav").write_bytes(os.urandom(500)),
        arrive(folder / "deep" / "b.ogg", "high"),
        lambda: grown.append(len(outs["csv"].read_text().splitlines())),
        # Written to once more: its caption takes the place of the old one.
        arrive(folder / "a.wav", "noise"),
    ]
    options = [part for kind, out in outs.items() for part in (f"--{kind}", str(out))]
    assert main(["caption", "--watch", str(folder), *options]) == 1
    shown = capsys.readouterr()
    paths = [line.split("\t")[0] for line in shown.out.splitlines()]
    a, b = str(folder / "a.wav"), str(folder / "deep" / "b.ogg")
    assert paths == [a, b, a]
    assert grown == [2, 3]
    assert listed(outs["csv"]) == [b, a]
    assert [row[0] for row in csv.reader(outs["dcase"].read_text().splitlines())] == [
        *("file_name", "b.ogg", "a.wav")
    ]
    kept = [json.loads(line) for line in outs["jsonl"].read_text().splitlines()]
    assert [item["file_name"] for item in kept] == ["broken.wav", "b.ogg", "a.wav"]
    document = json.loads(outs["json"].read_text())
    assert [item["file_name"] for item in document["captions"]] == [b, a]
    assert [item["file_name"] for item in document["failed"]] == [str(folder / "broken.wav")]
    assert f"'{folder / 'broken.wav'}' is damaged" in shown.err
    assert "2 captioned, 1 could not be" in shown.err.splitlines()[-1]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "json", "dcase", "srt"])
def test_a_watch_that_was_cut_off_goes_on(
    kind: str,
    folder: Path,
    checkpoint: Path,
    tmp_path: Path,
    between: list[Step],
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    command = ["caption", "--watch", str(folder), "--existing", f"--{kind}", str(out)]
    arrive(folder / "a.wav")()
    assert main(command) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    if kind not in ("json", "srt"):
        with out.open("ab") as stream:
            stream.write(b'{"path": "torn')
    arrive(folder / "b.wav")()
    assert main(command) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(str(folder / "b.wav"))
    assert main(command) == 0
    assert capsys.readouterr().out == ""
    if kind == "srt":
        assert sorted(path.name for path in out.iterdir()) == ["a.wav.srt", "b.wav.srt"]
    else:
        text = out.read_text(encoding="utf-8")
        assert text.count("a.wav") == text.count("b.wav") >= 1
        assert "torn" not in text


def test_a_document_loses_nothing_in_a_crash(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    rows = [
        BatchRow(tmp_path / f"{number}.wav", RowState.DONE, 1.0, {"caption": "a dog"})
        for number in range(5)
    ]
    document = Document(out)
    document._next = float("inf")
    for row in rows:
        document.add(row)
    document.add(rows[0].failed("'0.wav' is damaged."))
    assert not out.exists()
    with next(tmp_path.glob(".*.news")).open("a") as stream:
        stream.write('{"file_na')
    again = Document(out)
    assert all(again.lists(row.path) for row in rows)
    again.close()
    content = json.loads(out.read_text())
    assert [len(content[kind]) for kind in ("captions", "failed")] == [4, 1]
    assert list(tmp_path.iterdir()) == [out]


def test_two_files_of_one_name_do_not_stop_it(
    folder: Path,
    checkpoint: Path,
    tmp_path: Path,
    between: list[Step],
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "submission.csv"
    between += [arrive(folder / "x" / "a.wav"), arrive(folder / "y" / "a.wav"), lambda: None]
    assert main(["caption", "--watch", str(folder), "--dcase", str(out)]) == 1
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 2
    assert "Two files are named 'a.wav'" in shown.err
    assert len(out.read_text().splitlines()) == 2


def test_a_folder_that_goes_away_is_waited_for(
    folder: Path, checkpoint: Path, between: list[Step], capsys: pytest.CaptureFixture[str]
) -> None:
    between += [
        lambda: shutil.rmtree(folder),
        lambda: None,
        arrive(folder / "a.wav"),
        lambda: None,
    ]
    assert main(["caption", "--watch", str(folder), "--flat"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith(str(folder / "a.wav"))
    assert shown.err.count("cannot be read") == 1
    assert shown.err.count("is back") == 1


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("a,b\n1,2\n", "csv"),
        ("a,b\n1,2", "csv"),
        ("a note", "csv"),
        ("a note", "dcase"),
        ("no json\n", "jsonl"),
        ("a note", "jsonl"),
        ("two notes\nand no end", "jsonl"),
        ("[1]", "json"),
    ],
)
def test_a_file_of_somebody_else_is_left_alone(
    content: str,
    kind: str,
    folder: Path,
    checkpoint: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "mine"
    out.write_text(content)
    assert main(["caption", "--watch", str(folder), f"--{kind}", str(out)]) == 2
    assert "name another file" in capsys.readouterr().err
    assert out.read_text() == content


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--watch", "/no/such/folder"], "no folder '/no/such/folder'"),
        (["--watch", ""], "is empty"),
        (["--watch", ".", "a.wav"], "do not go together"),
        (["--watch", ".", "--interval", "0"], "--interval is '0'"),
        (["--watch", ".", "--seconds", "nan"], "--seconds is 'nan'"),
        (["--watch", ".", "--resume"], "--existing"),
        (["a.wav", "--existing"], "belongs to --watch"),
        (["a.wav", "--save", "x.flac"], "belongs to --microphone"),
        (["a.wav", "--quiet", "-50"], "belongs to --timeline"),
        (["a.wav", "--timeline", "--dcase", "x.csv"], "not for timelines"),
        (["--microphone", "--dcase", "x.csv"], "--dcase is for files"),
        ([], "name sound files"),
    ],
)
def test_options_that_do_not_go_together_are_one_sentence(
    options: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["caption", *options]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert reason in shown.err
    assert shown.err.count("\n") == 1


def test_what_is_waited_for_is_named_and_said_at_the_end(
    folder: Path,
    checkpoint: Path,
    tmp_path: Path,
    between: list[Step],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(folder_watch, "EMPTY_SECONDS", 60.0)
    monkeypatch.setattr(caption_watch, "SLOW_SECONDS", 0.0)
    out = tmp_path / "out.csv"
    growing, empty = folder / "growing.wav", folder / "empty.wav"

    def grow() -> None:
        with growing.open("ab") as stream:
            stream.write(b"more")
        monkeypatch.setattr(folder_watch, "SETTLED_SECONDS", 2.0)

    between += [arrive(folder / "a.wav"), empty.touch, grow, grow, grow]
    assert main(["caption", "--watch", str(folder), "--csv", str(out)]) == 1
    shown = capsys.readouterr()
    assert listed(out) == [str(folder / "a.wav")]
    told = shown.err.splitlines()[1:]
    assert told == [
        f"'{empty}' is empty so far; waiting for its end.",
        f"'{growing}' is still being written; waiting for its end.",
        f"'{empty}' is not captioned: it is empty.",
        f"'{growing}' is not captioned: it was still being written, or had just come.",
        "Watched for 0:00:00: 1 captioned, 2 left.",
    ]


def test_many_that_are_left_are_not_all_named(
    folder: Path,
    checkpoint: Path,
    between: list[Step],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(folder_watch, "EMPTY_SECONDS", 60.0)
    for number in range(25):
        (folder / f"{number}.wav").touch()
    assert main(["caption", "--watch", str(folder), "--existing"]) == 1
    told = capsys.readouterr().err.splitlines()
    assert sum("it is empty" in line for line in told) == 20
    assert told[-2:] == [
        "So are 5 more; --existing takes them next time.",
        "Watched for 0:00:00: 0 captioned, 25 left.",
    ]


def test_moved_replaced_deleted_and_the_same_name_again(
    folder: Path,
    checkpoint: Path,
    tmp_path: Path,
    between: list[Step],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    aside, a, b = tmp_path / "aside.wav", folder / "a.wav", folder / "b.wav"
    arrive(aside, "noise")()
    out = tmp_path / "out.json"
    caption = caption_watch.caption_batch

    def too_late(captioner: object, files: list[Path], *more: object) -> object:
        if b in files:
            b.unlink()
        return caption(captioner, files, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(caption_watch, "caption_batch", too_late)
    between += [
        lambda: aside.rename(a),
        a.unlink,
        arrive(a, "high"),
        lambda: Path(shutil.copy(a, aside)).replace(a),
        arrive(b),
        lambda: None,
    ]
    assert main(["caption", "--watch", str(folder), "--json", str(out)]) == 0
    shown = capsys.readouterr()
    assert [line.split("\t")[0] for line in shown.out.splitlines()] == [str(a)] * 3
    assert f"'{b}' was gone before it could be captioned." in shown.err
    assert shown.err.endswith(": 1 captioned.\n")
    content = json.loads(out.read_text())
    assert [item["file_name"] for item in content["captions"]] == [str(a)]
    assert content["failed"] == []


def test_what_was_not_its_turn_at_the_end_is_said_and_outputs_are_written(
    folder: Path,
    checkpoint: Path,
    tmp_path: Path,
    between: list[Step],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arrive(folder / "a.wav")()
    out = tmp_path / "out.json"
    monkeypatch.setattr(caption_watch, "caption_batch", lambda *arguments: iter(()))
    assert main(["caption", "--watch", str(folder), "--existing", "--json", str(out)]) == 1
    told = capsys.readouterr().err
    assert "a.wav' is not captioned: the watch ended before its turn." in told
    assert json.loads(out.read_text()) == {"captions": [], "failed": []}
