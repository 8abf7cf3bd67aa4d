"""Which metrics there are, and that what is missing is said, not computed."""

from __future__ import annotations

from pathlib import Path

import pytest

import core.evaluation.metric_files as metric_files
import core.evaluation.requirements as requirements
from core.evaluation import METRICS, QUICK_METRICS, available_metrics, main_metric, metric_status
from core.evaluation.registry import CHALLENGE_METRICS, metric_statuses
from core.evaluation.requirements import REQUIREMENTS
from core.evaluation.statistics import STATISTICS


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine where nothing was ever installed or downloaded."""
    for name in ("AAC_METRICS_JAVA_PATH", "AAC_METRICS_CACHE_PATH", "FENSE_DATA", "HF_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HF_HOME", "TORCH_HOME", "HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(requirements.importlib.util, "find_spec", lambda name: None)


def test_every_metric_names_needs_that_exist() -> None:
    for metric in METRICS.values():
        assert set(metric.needs) <= REQUIREMENTS.keys()
        assert metric.help.endswith(".")
        assert metric.direction in ("higher", "lower", "none")
    assert {*QUICK_METRICS, *CHALLENGE_METRICS, *STATISTICS} <= METRICS.keys()


def test_without_anything_only_figures_of_the_captions_are_left() -> None:
    usable, reasons = available_metrics()
    assert set(usable) == set(STATISTICS)
    assert all(reason.endswith(".") for reason in reasons.values())
    assert "metrics install java" in reasons["meteor"]
    assert "aac-studio[metrics]" in reasons["cider_d"]


def test_what_is_missing_can_be_installed() -> None:
    assert metric_status("meteor").install == ("java", "meteor")
    assert metric_status("spider_fl").install == ("java", "spice", "fense")
    assert metric_status("bert_score").install == ("bertscore",)
    assert not metric_status("fense").available
    assert [status.metric.name for status in metric_statuses()] == list(METRICS)


def test_the_similarity_by_another_model_has_a_name_of_its_own() -> None:
    titles = [metric.title for metric in METRICS.values()]
    assert len(set(titles)) == len(titles)
    assert METRICS["sbert_sim_minilm"].title == "SBERT-sim (MiniLM)"


def test_files_in_the_librarys_own_layout_are_found(tmp_path: Path) -> None:
    cache = tmp_path / ".cache" / "aac-metrics"
    for name in ("meteor/meteor-1.5.jar", "meteor/data/paraphrase-en.gz", "spice/spice-1.0.jar"):
        (cache / name).parent.mkdir(parents=True, exist_ok=True)
        (cache / name).touch()
    assert metric_files.meteor_jar() == cache / "meteor" / "meteor-1.5.jar"
    assert metric_files.spice_cache() is None
    for name in ("stanford-corenlp-3.6.0.jar", "stanford-corenlp-3.6.0-models.jar"):
        (cache / "spice" / "lib").mkdir(exist_ok=True)
        (cache / "spice" / "lib" / name).touch()
    (cache / "spice" / "cache").mkdir()
    assert metric_files.spice_cache() == tmp_path / ".cache"
    checker = tmp_path / "hub" / "fense_data" / metric_files.ECHECKER
    checker.parent.mkdir(parents=True)
    checker.touch()
    assert metric_files.echecker() == checker
    model = "models--sentence-transformers--paraphrase-TinyBERT-L6-v2"
    snapshot = tmp_path / "hub" / model / "snapshots" / "1"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").touch()
    assert metric_files.tinybert() == snapshot
    assert metric_files.roberta() is None


@pytest.mark.parametrize(
    ("present", "main"),
    [
        (["cider_d", "fense"], "fense"),
        (["rouge_l", "cider_d"], "cider_d"),
        (["vocabulary"], ""),
    ],
)
def test_what_a_comparison_is_judged_by(present: list[str], main: str) -> None:
    assert main_metric(present) == main
