"""Comparisons: edited in their dialog, queued, listed together, drawn as means."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from app.pages.train.arm_editor import ArmDraft, setting_paths
from app.pages.train.experiment_dialog import ExperimentDialog
from app.pages.train.page import TrainPage
from app.studio import Studio
from app.window import MainWindow
from core.config import replace_fields
from core.config.objectives import CaptionNTXentConfig
from core.events import StepLogged
from core.experiments.plan import list_experiments, planned_runs
from core.presets import load_preset
from core.runs import RunFolder
from core.runs.queue import RunQueue
from tests.app.fake_runs import finished_run
from tests.core.tiny import tiny_config, tones

__all__ = ["tones"]


@pytest.fixture
def dialog(studio: Studio, qtbot: QtBot) -> ExperimentDialog:
    dialog = ExperimentDialog(studio, load_preset("starter-ce-then-cl").config)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    return dialog


def test_the_dialog_is_no_higher_than_the_screen(
    studio: Studio, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QScreen, "availableSize", lambda _screen: QSize(960, 560))
    dialog = ExperimentDialog(studio, load_preset("starter-ce+cl").config)
    qtbot.addWidget(dialog)
    assert dialog.height() < 560 - 24
    assert dialog.minimumSizeHint().height() <= dialog.height()


def test_it_begins_with_ce_against_the_forms_contrast(dialog: ExperimentDialog) -> None:
    experiment = dialog.experiment()
    assert [arm.name for arm in experiment.arms] == ["CE", "CE + caption NT-Xent"]
    assert experiment.seeds == (1, 2, 3)
    first, second = planned_runs(experiment)[:2]
    assert first.config.objectives == ()
    assert second.config.objectives == load_preset("starter-ce-then-cl").config.objectives
    assert second.branch_epoch == second.config.objectives[0].start_epoch > 0
    text = dialog.sentence.text()
    assert text.startswith("2 arms × 3 seeds: 6 runs")
    assert "branches from CE after epoch" in text
    dialog.share.setChecked(False)
    assert "branches" not in dialog.sentence.text()


def test_what_is_impossible_is_said_while_typing(dialog: ExperimentDialog, qtbot: QtBot) -> None:
    dialog.show()
    dialog.seeds.selectAll()
    qtbot.keyClicks(dialog.seeds, "1, x")
    assert "Seeds must be whole numbers" in dialog.problem.text()
    assert not dialog.start.isEnabled()
    dialog.seeds.selectAll()
    qtbot.keyClicks(dialog.seeds, "4, 4")
    assert "stands twice" in dialog.problem.text()
    dialog.seeds.selectAll()
    qtbot.keyClicks(dialog.seeds, "1-3, 9")
    assert dialog.experiment().seeds == (1, 2, 3, 9) and dialog.start.isEnabled()
    dialog.editor.add_setting()
    dialog.editor.set_setting(0, "training.batch_size", "1")
    assert "batch size" in dialog.problem.text()
    dialog.editor.set_setting(0, "training.batch_size", "16")
    assert dialog.experiment().arms[1].overrides["training.batch_size"] == 16


def test_arms_are_added_copied_and_taken_out(dialog: ExperimentDialog) -> None:
    dialog.add_arm(ArmDraft("CE"))
    assert [draft.name for draft in dialog.drafts][-1] == "CE 2"
    dialog.drop.click()
    dialog._add_preset("From a preset", load_preset("starter-cl4ac").config)
    dialog._copy_arm()
    names = [arm.name for arm in dialog.experiment().arms]
    assert names == ["CE", "CE + caption NT-Xent", "From a preset", "From a preset 2"]
    arm = dialog.experiment().arms[2]
    config = dialog.experiment().config(arm, 1)
    assert config.objectives == load_preset("starter-cl4ac").config.objectives
    while dialog.drafts:
        dialog.drop.click()
    assert "at least one arm" in dialog.problem.text()


def test_no_other_setting_says_how_to_add_one(dialog: ExperimentDialog) -> None:
    editor = dialog.editor
    assert not editor.nothing.isHidden() and "plus" in editor.nothing.text()
    editor.add_setting()
    assert editor.nothing.isHidden()
    editor.drop.click()
    assert not editor.nothing.isHidden()


def test_settings_of_arms_are_named(dialog: ExperimentDialog) -> None:
    assert {"training.epochs", "device", "model.layers"} <= set(setting_paths())
    assert not {"seed", "name", "objectives"} & set(setting_paths())


def test_a_small_experiment_is_queued_branched_and_trained(
    window: MainWindow, tones: None, qtbot: QtBot
) -> None:
    window.show_page("train")
    page = window.page("train")
    assert isinstance(page, TrainPage)
    qtbot.waitUntil(lambda: page.curves is not None and page.collection.settled, timeout=30_000)
    contrast = CaptionNTXentConfig(start_epoch=1)
    changes = {"training.epochs": 2, "objectives": [contrast.model_dump(mode="json")]}
    page.setup.set_config(replace_fields(tiny_config(), changes))
    qtbot.mouseClick(page.setup.experiment, Qt.MouseButton.LeftButton)
    dialog = page.findChild(QDialog)
    assert isinstance(dialog, ExperimentDialog)
    dialog.title.setText("Does contrast help?")
    dialog.seeds.setText("1")
    qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    (experiment,) = list_experiments()
    assert experiment.title == "Does contrast help?"
    qtbot.waitUntil(
        lambda: [entry.state for entry in RunQueue().entries()] == ["done"] * 2, timeout=120_000
    )
    qtbot.waitUntil(lambda: len(page.collection.summaries()) == 2, timeout=30_000)
    (group,) = page.runs._groups.values()
    qtbot.waitUntil(lambda: group.text(2) == "2 done", timeout=30_000)
    assert group.text(0) == experiment.title and group.childCount() == 2

    trunk, branch = (RunFolder(Path(entry.run)) for entry in RunQueue().entries())
    assert branch.config().training.branch_from == str(trunk.checkpoints / "epoch-1.state.pt")
    shared, own = steps_of(trunk), steps_of(branch)
    half = len(shared) // 2
    # The first epoch was taken over to the last digit, and the branch goes on with contrast.
    assert own[:half] == shared[:half] and len(own) == len(shared)
    assert [event.step for event in own] == list(range(1, 2 * half + 1))
    assert ["caption-ntxent" in event.losses for event in own] == [False] * half + [True] * half
    told: list[int] = []
    page.runs.visibility_changed.connect(lambda: told.append(len(page.runs.visible())))
    page.runs.tree.topLevelItem(0).setCheckState(0, Qt.CheckState.Unchecked)
    # Both runs together, else each would get a colour as if it came alone.
    assert page.runs.visible() == set() and told == [0]


def steps_of(run: RunFolder) -> list[StepLogged]:
    return [event for _, event in run.events.read_all() if isinstance(event, StepLogged)]


def test_seeds_are_drawn_as_their_mean(window: MainWindow, qtbot: QtBot) -> None:
    for seed in (1, 2, 3):
        finished_run(f"ce {seed}", hours_ago=seed, seed=seed)
    window.show_page("train")
    page = window.page("train")
    assert isinstance(page, TrainPage)
    qtbot.waitUntil(lambda: page.curves is not None and page.collection.settled, timeout=30_000)
    curves = page.curves
    assert curves is not None
    qtbot.waitUntil(
        lambda: (
            len(curves.curves) == 3 and not any(item.is_empty for item in curves.curves.values())
        ),
        timeout=30_000,
    )
    assert len(curves.readings(10.0)) == 3
    curves.bar.averaged.setChecked(True)
    (reading,) = curves.readings(10.0)
    assert reading.title == "starter-ce (3 seeds)"
    assert reading.spread == pytest.approx(0.0, abs=1e-9)
    assert all(item.hidden for item in curves.curves.values())
    assert len({run.colour for run in curves.runs.values()}) == 1
    curves.bar.averaged.setChecked(False)
    assert len(curves.readings(10.0)) == 3
    assert len({run.colour for run in curves.runs.values()}) == 3
