from __future__ import annotations

from pathlib import Path

import pytest

from core.cli import main
from core.cli.score_report import score_table
from core.evaluation import METRICS, missing_metrics
from core.events import Evaluated
from tests.core.tiny import Tones


def test_a_table_of_scores(
    tones: Tones, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    options = ["--dataset", "tones", "--clips", "3", "--out", str(out), "--beam-size", "1"]
    options += ["--metrics", "quick"]
    assert main(["evaluate", "--checkpoint", "untrained", *options, "--shuffled-baseline"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    lines = shown.out.splitlines()
    assert lines[0] == f"{checkpoint} on tones, test"
    assert lines[1] == "3 clips"
    names = {line.split("  ")[0] for line in lines[3:]}
    assert {"vocabulary", "words per caption", "distinct captions"} <= names
    if not missing_metrics():
        assert {"CIDEr-D", "BLEU-1", "ROUGE-L", "CIDEr-D, shuffled"} <= names
    assert lines[-1] == f"Captions and scores: {out}"
    assert (out / "captions.csv").is_file()


def test_unknown_splits_and_datasets(
    tones: Tones, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--dataset", "tones", "--split", "dev"]) == 2
    assert "tones has no split 'dev'" in capsys.readouterr().err
    assert main(["evaluate", "--dataset", "mars"]) == 2
    assert "no dataset named 'mars'" in capsys.readouterr().err
    assert main(["evaluate", "--dataset", "tones", "--device", "cuda:99"]) == 2
    assert "cuda:99" in capsys.readouterr().err


def test_the_table_names_what_could_not_be_computed_once() -> None:
    event = Evaluated(
        split="test",
        clips=50,
        scores={"cider_d": 0.5, "vocabulary": 1.0, "cider_d_shuffled": 0.05},
        unavailable={"meteor": "Java is missing.", "spice": "Java is missing."},
        folder="/somewhere",
    )
    assert score_table(event).splitlines() == [
        "50 clips",
        "metric             score",
        "CIDEr-D            0.5000",
        "vocabulary         1",
        "CIDEr-D, shuffled  0.0500",
        "CIDEr-D is 10.0 times that of the shuffled captions.",
        "METEOR, SPICE: Java is missing.",
        "Captions and scores: /somewhere",
    ]


@pytest.mark.usefixtures("tones")
def test_captions_of_another_system(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "other.csv"
    rows = [f"{clip.id},a tone hums" for clip in Tones().clips("test")[1:]]
    path.write_text("\n".join(["file_name,caption_predicted", *rows]), encoding="utf-8")
    options = ["--dataset", "tones", "--metrics", "vocabulary", "--out", str(tmp_path / "out")]
    assert main(["score", str(path), *options]) == 0
    shown = capsys.readouterr()
    assert "Warning: other.csv has no caption of 1 file ('test-0-low')" in shown.err
    assert shown.out.startswith("5 clips\n")
    assert "vocabulary         3" in shown.out
    assert main(["score", str(tmp_path / "absent.csv"), "--dataset", "tones"]) == 2
    assert main(["score", str(path), "--metrics", "mars"]) == 2
    assert "no metric named mars" in capsys.readouterr().err


def test_the_list_of_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "metric", "better", "state"]
    assert {line.split()[0] for line in lines[1:]} == set(METRICS)
    assert main(["metrics", "install", "mars"]) == 2
    assert "nothing named 'mars'" in capsys.readouterr().err
    assert main(["metrics", "install", "spice", "--mirror", "zzz"]) == 2
    assert "--mirror is 'zzz' but must begin with https://" in capsys.readouterr().err
