"""What is told before a run starts: whether the data allow it, and how long it takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.pages.train import duration_forecast as forecast_module
from app.pages.train.duration_forecast import forecast, measure
from app.pages.train.preflight import data_facts, obstacles
from app.pages.train.setup_check import DataFacts
from app.pages.train.setup_pane import SetupPane
from app.studio import Studio
from core.config import replace_fields
from core.data.clips import Clip
from core.presets import load_preset
from tests.app.fake_runs import finished_run


class OneCaption:
    """A dataset whose clips have one caption each."""

    name = "starter-scenes"
    splits = ("train", "validation")

    def clips(self, split: str) -> tuple[Clip, ...]:
        return tuple(Clip(f"{split}-{n}", (f"sound {n}",), 1.0) for n in range(30))


@pytest.fixture
def pane(studio: Studio, qtbot: QtBot) -> SetupPane:
    pane = SetupPane(studio)
    qtbot.addWidget(pane)
    pane.resize(336, 700)
    pane.show()
    return pane


def test_clips_and_captions_are_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    one = {"starter-scenes": lambda root: OneCaption()}
    monkeypatch.setattr("core.data.datasets._OPENERS", one)
    assert data_facts("starter-scenes", "") == DataFacts(30, 30, 1)
    assert data_facts("clotho", str(tmp_path)) == DataFacts()


def test_one_caption_per_clip_rules_out_contrast_of_captions(pane: SetupPane, qtbot: QtBot) -> None:
    pane.set_facts(pane.data_place(), DataFacts(30, 30, 1))
    assert not pane.problems
    qtbot.mouseClick(pane.objective.buttons["contrast"], Qt.MouseButton.LeftButton)
    assert pane.contrast.problem.isVisible()
    assert "has one caption only" in pane.contrast.problem.text()
    started: list[object] = []
    pane.start_requested.connect(started.append)
    qtbot.mouseClick(pane.start, Qt.MouseButton.LeftButton)
    assert not started and "one caption only" in pane.blockers.label.text()
    method = pane.contrast.method
    method.setCurrentIndex(method.findData("audio-text-ntxent"))
    assert not pane.contrast.problem.isVisible() and not pane.problems


@pytest.mark.usefixtures("dataset")
def test_what_files_tell_is_said_beside_its_setting(
    pane: SetupPane, qtbot: QtBot, tmp_path: Path
) -> None:
    missing = str(tmp_path / "gone.safetensors")
    row = pane.rows["training.initial_checkpoint"]
    row.set_value(missing)
    row.changed.emit(missing)
    assert pane.config is not None and not pane.problems
    found = obstacles(pane.config)
    assert list(found) == ["training.initial_checkpoint"]
    pane.set_obstacles(pane.config, found)
    assert "gone.safetensors" in row.problem.text()
    started: list[object] = []
    pane.start_requested.connect(started.append)
    qtbot.mouseClick(pane.start, Qt.MouseButton.LeftButton)
    assert not started and "gone.safetensors" in pane.blockers.label.text()
    # Of other settings nothing is known yet.
    row.set_value("")
    row.changed.emit("")
    assert not pane.problems and not row.problem.text()


def test_all_that_is_wrong_is_listed_at_once(pane: SetupPane, qtbot: QtBot) -> None:
    qtbot.mouseClick(pane.objective.buttons["contrast"], Qt.MouseButton.LeftButton)
    for path, value in (
        ("objectives.0.temperature", 0),
        ("objectives.0.weight", -1),
        ("training.batch_size", 1),
    ):
        pane.rows[path].set_value(value)
    qtbot.mouseClick(pane.start, Qt.MouseButton.LeftButton)
    text = pane.blockers.label.text()
    assert "Temperature is 0" in text and "Weight is -1" in text
    assert "batch size of at least 2" in text
    assert pane.rows["training.batch_size"].problem.isVisible()


def test_the_time_is_judged_by_an_earlier_run() -> None:
    measured = measure(finished_run("before"))
    assert measured is not None
    assert (measured.plain, measured.validation, measured.clips) == (0.1, 0.1, 20)
    changes = {"training.epochs": 1000, "validation.every_epochs": 1}
    config = replace_fields(measured.config, changes)
    assert forecast(config, 20, 5, [measured]) == 'about 3 min, judged by "before"'
    wider = replace_fields(config, {"model.layers": 2 * config.model.layers})
    assert forecast(wider, 20, 5, [measured]).startswith("roughly ")
    halved = replace_fields(config, {"data.train_clips": 10})
    assert forecast(halved, 20, 5, [measured]).split(",")[0] == "roughly 2 min"


def test_without_an_earlier_run_the_processor_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecast_module, "products_per_second", lambda: 1e11)
    config = load_preset("starter-ce").config
    text = forecast(config, 1500, 200, [])
    assert text.startswith("roughly ") and text.endswith("judged by this processor")
    assert forecast(replace_fields(config, {"device": "cuda:0"}), 1500, 200, []) == ""


def test_contrast_costs_more_in_the_epochs_in_which_it_counts() -> None:
    measured = measure(finished_run("before"))
    assert measured is not None
    base = {"training.epochs": 3600, "validation.every_epochs": 3600}
    plain = replace_fields(measured.config, base)
    late = {"name": "caption-ntxent", "start_epoch": 1800}
    half = replace_fields(plain, {"objectives": [late]})
    assert forecast(plain, 20, 5, [measured]).startswith("about 6 min")
    assert forecast(half, 20, 5, [measured]).startswith("roughly 8 min")


def test_the_sentence_has_the_time(pane: SetupPane) -> None:
    pane.set_forecast("about 12 min")
    assert pane.sentence.text().endswith(" It takes about 12 min.")
