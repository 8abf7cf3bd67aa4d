"""Anyone's captions: every way in which such a table is odd gets one sentence, the rest goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

import core.evaluation.scorer as scorer
from core.data.clips import Clip
from core.errors import DatasetError, MetricError
from core.evaluation import load_evaluation, score_table
from core.evaluation.external_captions import match_captions, read_captions
from core.events import Evaluated, Warned
from tests.core.tiny import Tones

CLIPS = (
    Clip("Rain, hard.wav", ("rain falls",), 1.0),
    Clip("Santa Motor.wav", ("a motor runs",), 1.0),
    Clip("Über 'n'.wav", ("birds sing",), 1.0),
)
GOOD = 'file_name,caption_predicted\n"Rain, hard.wav",rain\nSanta Motor.wav,motor\n'


def matched(path: Path, content: str | bytes) -> tuple[dict[str, str], list[str]]:
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(data)
    table = read_captions(path)
    captioned, problems = match_captions(table, CLIPS)
    return {item.clip: item.caption for item in captioned}, [*table.problems, *problems]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", GOOD + "Über 'n'.wav,birds\n"),
        ("a.csv", (GOOD + "Über 'n'.wav,birds\n").encode("utf-8-sig")),
        ("a.csv", (GOOD + "Über 'n'.wav,birds\n").encode("utf-16")),
        ("a.csv", (GOOD + "Über 'n'.wav,birds\n").encode("cp1252")),
        ("a.csv", (GOOD + "Über 'n'.wav,birds\n").replace("\n", "\r\n")),
        (
            "a.csv",
            "Caption;Filename\nrain;Rain, hard.wav\nmotor;Santa Motor.wav\nbirds;Über 'n'.wav",
        ),
        ("a.tsv", "fname\tcands\nRain, hard\train\nSanta Motor\tmotor\nÜber 'n'\tbirds\n"),
        (
            "a.csv",
            'path,text,other\n"/data/Rain, hard.wav",rain,1\n/x/Santa Motor.wav,motor,2\n'
            "C:\\x\\Über 'n'.wav,birds,3\n",
        ),
        (
            "a.jsonl",
            '{"file": "Rain, hard.wav", "prediction": "rain"}\n'
            '{"file": "Santa Motor.wav", "prediction": "motor"}\n'
            '{"file": "Über \'n\'.wav", "prediction": "birds"}\n',
        ),
    ],
)
def test_tables_as_people_write_them(tmp_path: Path, name: str, content: str | bytes) -> None:
    captions, problems = matched(tmp_path / name, content)
    assert captions == {
        "Rain, hard.wav": "rain",
        "Santa Motor.wav": "motor",
        "Über 'n'.wav": "birds",
    }
    assert problems == []


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("", r"has no caption of 1 file \('Über 'n'\.wav'\); scores are over the 2 clips"),
        ("Über 'n'.wav,birds\nnew.wav,x\n", r"1 file \('new\.wav'\) not in the split"),
        ("Über 'n'.wav,\n", r"empty captions: 1; they score 0"),
        ("Über 'n'.wav,birds\nÜber 'n'.wav,birds\n", r"rows that repeat a file: 1; the first"),
        ("Über 'n'.wav,birds\nÜber 'n'.wav,b\n", r"repeat a file: 1, 1 of them with another"),
        ("Über 'n'.wav,birds\n,lost\n", r"rows that name no file: 1"),
    ],
)
def test_oddities_are_told_and_the_rest_goes_on(tmp_path: Path, more: str, sentence: str) -> None:
    captions, problems = matched(tmp_path / "a.csv", GOOD + more)
    assert captions["Santa Motor.wav"] == "motor"
    assert len(problems) == 1
    import re

    assert re.search(sentence, problems[0]), problems


def test_a_comma_without_quotes_stays_in_the_caption(tmp_path: Path) -> None:
    captions, _ = matched(tmp_path / "a.csv", GOOD + "Über 'n'.wav,birds sing, then stop\n")
    assert captions["Über 'n'.wav"] == "birds sing, then stop"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "is empty"),
        ("a,b\n1,2\n", "has no column of file names; name it file_name .its columns are a, b"),
        ("file_name,b\n1,2\n", "has no column of captions; name it caption_predicted"),
        ("file_name,caption\n", "names no file"),
        ("file_name,caption\nother.wav,x\n", "captions of none of the clips; .* like 'other.wav'"),
        (b"\x00\x01\x02\x00", "not a text file"),
    ],
)
def test_what_is_no_table_of_captions(tmp_path: Path, content: str | bytes, sentence: str) -> None:
    with pytest.raises(DatasetError, match=sentence):
        matched(tmp_path / "a.csv", content)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot be read"):
        read_captions(tmp_path / "absent.csv")


def test_names_that_become_equal_without_folders_are_not_guessed(tmp_path: Path) -> None:
    text = "file_name,caption\nx/Santa Motor.wav,one\ny/Santa Motor.wav,two\nz/Über 'n'.wav,birds\n"
    captions, problems = matched(tmp_path / "a.csv", text)
    assert captions == {"Über 'n'.wav": "birds"}
    assert len(problems) == 2


def test_a_table_becomes_an_evaluation(
    tones: Tones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scorer, "missing_metrics", lambda: "left out")
    path = tmp_path / "Someone's system.csv"
    rows = [f"{clip.id},a tone hums" for clip in tones.clips("test")[1:]]
    path.write_text("\n".join(["file_name,caption_predicted", *rows]), encoding="utf-8")
    events = list(score_table(path, "tones", "test"))
    last = events[-1]
    assert isinstance(last, Evaluated)
    assert last.clips == 5
    assert [type(event) for event in events].count(Warned) == 1
    evaluation = load_evaluation(Path(last.folder))
    assert evaluation.title == "Someone's system"
    assert evaluation.captioned[0].caption == "a tone hums"
    assert evaluation.captioned[0].log_prob is None
    with pytest.raises(DatasetError, match="no split"):
        list(score_table(path, "tones", "dev"))


def test_a_damaged_evaluation_is_told(tmp_path: Path) -> None:
    with pytest.raises(MetricError, match=r"scores\.json is missing"):
        load_evaluation(tmp_path)
    for name in ("scores.json", "clips.json", "captions.csv"):
        (tmp_path / name).write_text("[]", encoding="utf-8")
    with pytest.raises(MetricError, match="no readable evaluation"):
        load_evaluation(tmp_path)
