"""The challenge's files: made, checked, and refused with the reason."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import yaml

from core.cli import main
from core.data.clips import Clip
from core.errors import MetricError
from core.evaluation.evaluate import evaluation_folder
from core.evaluation.evaluation_files import CaptionedClip, write_evaluation
from core.evaluation.scorer import Scores
from core.evaluation.submission import (
    Submitter,
    check_output,
    check_submission,
    check_submitter,
    make_submission,
)
from core.events import Noted, Warned
from tests.core.tiny import Tones

WHO = Submitter("Doe", "Jo", "jo@uni.org", "A University", "UNI", "Town, Land", "Tone captioner", 2)
LABEL = "Doe_UNI_task6_submission_2"


@pytest.fixture
def bare(tones: Tones, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The challenge gives no captions."""
    clips = Tones.clips

    def without(self: Tones, split: str) -> tuple[Clip, ...]:
        return tuple(dataclasses.replace(clip, captions=()) for clip in clips(self, split))

    monkeypatch.setattr(Tones, "clips", without)
    return {"test": [clip.id for clip in tones.clips("test")]}


def test_files_are_made_and_right(
    checkpoint: Path,
    bare: dict[str, list[str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    events = list(make_submission(checkpoint, WHO, tmp_path, dataset="tones"))
    assert not [event for event in events if isinstance(event, Warned)]
    assert isinstance(events[-1], Noted)
    names = {f"{LABEL}_testing_output.csv", f"{LABEL}_metadata.yaml"}
    assert {path.name for path in tmp_path.iterdir()} == names
    lines = (tmp_path / f"{LABEL}_testing_output.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "file_name,caption_predicted"
    assert [line.split(",")[0] for line in lines[1:]] == bare["test"]
    text = (tmp_path / f"{LABEL}_metadata.yaml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    assert content["submission"]["label"] == LABEL
    (author,) = content["submission"]["authors"]
    assert (author["lastname"], author["firstname"]) == ("Doe", "Jo")
    assert author["affiliation"]["institute"] == "A University"
    assert content["system"]["complexity"]["total_parameters"] > 0
    assert content["results"]["development_testing"] is None
    assert content["system"]["train_datasets"] == [{"name": "tones", "purpose": "training"}]
    assert check_submission(tmp_path, bare) == []
    options = ["submission", "check", str(tmp_path), "--dataset", "tones"]
    assert main(options) == 0
    assert "as the challenge takes them" in capsys.readouterr().out
    (tmp_path / f"{LABEL}_testing_output.csv").unlink()
    assert main(options) == 1
    assert "testing_output.csv is missing" in capsys.readouterr().out


@pytest.mark.usefixtures("bare")
def test_scores_of_an_earlier_evaluation_are_in_the_metadata(
    checkpoint: Path, tmp_path: Path
) -> None:
    caption = CaptionedClip("a", "a tone", "a tone", None, ("a tone",))
    about = {"title": "Mine", "dataset": "tones", "split": "evaluation"}
    scores = Scores({"cider_d": 0.5}, {"cider_d": [0.5]})
    folder = evaluation_folder(checkpoint, "tones", "evaluation")
    write_evaluation(folder, [caption], scores, scores.corpus, about)
    list(make_submission(checkpoint, WHO, tmp_path, dataset="tones"))
    content = yaml.safe_load((tmp_path / f"{LABEL}_metadata.yaml").read_text(encoding="utf-8"))
    assert content["results"]["development_testing"] == {"cider_d": 0.5}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the first line must be"),
        (b"fname,caption\na,x\n", "the first line must be file_name,caption_predicted"),
        (b"file_name,caption_predicted\na,x\n", "b is missing"),
        (b"file_name,caption_predicted\na,x\nb,y\nc,z\n", "c is not in the set"),
        (b"file_name,caption_predicted\na,x\nb,y\nb,z\n", "b stands more than once"),
        (b"file_name,caption_predicted\na,x\nb,\n", "row 3: b has no caption"),
        (b'file_name,caption_predicted\na,x\nb,"y\nz"\n', "has a line break"),
        (b"file_name,caption_predicted\na,x\nb,y,z\n", "3 cells instead of 2"),
        (b"file_name,caption_predicted\na,x\nb,caf\xe9\n", "not in UTF-8"),
        (b"\x00\x01", "not a text file"),
    ],
)
def test_tables_that_would_be_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    assert problem in check_output(path, ["a", "b"])[0]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"last_name": "Dö e"}, "The last name 'Dö e' becomes part of file names"),
        ({"abbreviation": ""}, "abbreviation"),
        ({"email": "jo"}, "'jo' is not an e-mail address"),
        ({"first_name": " "}, "first name is missing"),
        ({"number": 5}, "number 5 is not allowed: 1 to 4"),
    ],
)
def test_particulars_that_would_be_refused(change: dict, problem: str) -> None:
    with pytest.raises(MetricError, match=problem):
        check_submitter(dataclasses.replace(WHO, **change))


def test_metadata_that_does_not_belong_is_told(tmp_path: Path) -> None:
    assert "must hold one file" in check_submission(tmp_path, {})[0]
    (tmp_path / "mine_metadata.yaml").write_text("submission:\n  label: other\n")
    problems = check_submission(tmp_path, {"test": ["a"]})
    assert "must be named" in problems[0]
    assert "its label must be mine" in problems[1]
    assert any("lacks email" in problem for problem in problems)
    assert problems[-1] == "mine_testing_output.csv is missing."
