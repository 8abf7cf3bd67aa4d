from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.pages.train.setup_pane import SetupPane
from app.studio import Studio
from app.widgets.form import CollapsibleSection, FieldRow
from app.widgets.inputs import NumberEdit
from core.config import RunConfig, parse_config, save_config
from core.config.objectives import OBJECTIVE_CONFIGS
from core.presets import list_presets, load_preset


@pytest.fixture
def pane(studio: Studio, qtbot: QtBot) -> SetupPane:
    pane = SetupPane(studio)
    qtbot.addWidget(pane)
    pane.resize(320, 700)
    pane.show()
    return pane


def type_into(row: FieldRow, text: str, qtbot: QtBot) -> None:
    editor = row.editor
    assert isinstance(editor, NumberEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, text)


def test_it_begins_with_the_first_preset(pane: SetupPane) -> None:
    assert pane.config == load_preset("starter-ce").config
    assert pane.problems == {}
    assert pane.sentence.text().startswith("Cross-entropy for ")


def test_every_setting_has_a_row_and_goes_round(pane: SetupPane) -> None:
    leaves = set()

    def walk(values: dict[str, object], prefix: str = "") -> None:
        for key, value in values.items():
            if isinstance(value, dict):
                walk(value, f"{prefix}{key}.")
            else:
                leaves.add(prefix + key)

    walk(RunConfig().model_dump(mode="json"))
    shown = {path for path in pane.rows if not path.startswith("objectives.")}
    assert leaves - shown == {"schema_version", "preset", "objectives", "experiment", "arm"}
    for name in [preset.name for preset in list_presets()]:
        config = load_preset(name).config
        pane.presets.select(name)
        pane.set_config(config)
        again = RunConfig.model_validate(pane.values())
        assert again == config.model_copy(update={"preset": name})


def test_a_problem_is_told_while_typing(pane: SetupPane, qtbot: QtBot) -> None:
    row = pane.rows["training.epochs"]
    type_into(row, "0", qtbot)
    assert row.problem.isVisible()
    assert row.problem.text().startswith("Epochs is 0 but must be at least 1")
    assert pane.config is None
    type_into(row, "abc", qtbot)
    assert row.problem.text() == "Epochs must be a whole number."
    type_into(row, "12", qtbot)
    assert not row.problem.isVisible()
    assert pane.config is not None and pane.config.training.epochs == 12


def test_start_lists_every_problem_and_starts_nothing(pane: SetupPane, qtbot: QtBot) -> None:
    started: list[RunConfig] = []
    pane.start_requested.connect(started.append)
    type_into(pane.rows["training.epochs"], "0", qtbot)
    type_into(pane.rows["optimizer.beta1"], "2", qtbot)
    qtbot.mouseClick(pane.start, Qt.MouseButton.LeftButton)
    assert started == []
    assert "Epochs is 0" in pane.blockers.label.text()
    assert "Beta 1 is 2" in pane.blockers.label.text()
    type_into(pane.rows["training.epochs"], "3", qtbot)
    type_into(pane.rows["optimizer.beta1"], "0.9", qtbot)
    assert not pane.blockers.isVisible()
    qtbot.mouseClick(pane.start, Qt.MouseButton.LeftButton)
    assert started[0].training.epochs == 3


def test_a_problem_in_a_closed_section_opens_it(pane: SetupPane, qtbot: QtBot) -> None:
    row = pane.rows["model.heads"]
    type_into(row, "7", qtbot)
    qtbot.mouseClick(pane.start, Qt.MouseButton.LeftButton)
    assert "heads" in pane.blockers.label.text()
    assert pane.rows["model.d_model"].isVisible()


def test_contrast_adds_a_term_and_says_so(pane: SetupPane, qtbot: QtBot) -> None:
    assert not pane.rows["objectives.0.weight"].isVisible()
    qtbot.mouseClick(pane.objective.buttons["contrast"], Qt.MouseButton.LeftButton)
    assert pane.rows["objectives.0.weight"].isVisible()
    type_into(pane.rows["objectives.0.start_epoch"], "5", qtbot)
    type_into(pane.rows["objectives.0.temperature"], "0.2", qtbot)
    assert pane.config is not None
    assert pane.config.objectives[0].temperature == 0.2
    assert "for 5 epochs, then cross-entropy + 0.1 × caption NT-Xent" in pane.sentence.text()
    qtbot.mouseClick(pane.objective.buttons["ce"], Qt.MouseButton.LeftButton)
    assert pane.config is not None and pane.config.objectives == ()


def test_each_method_has_its_own_settings(pane: SetupPane, qtbot: QtBot) -> None:
    qtbot.mouseClick(pane.objective.buttons["contrast"], Qt.MouseButton.LeftButton)
    for name, kind in OBJECTIVE_CONFIGS.items():
        pane.contrast.method.setCurrentIndex(pane.contrast.method.findData(name))
        assert pane.config is not None
        assert pane.config.objectives == (kind(),)
        shown = {path.split(".")[-1] for path in pane.rows if path.startswith("objectives.")}
        assert shown == set(kind.model_fields) - {"name"}
        type_into(pane.rows["objectives.0.weight"], "-1", qtbot)
        assert pane.rows["objectives.0.weight"].problem.text().startswith("Weight is -1")


def test_further_terms_of_a_preset_are_kept(pane: SetupPane) -> None:
    terms = [{"name": "caption-ntxent"}, {"name": "audio-text-matching", "weight": 0.5}]
    config = parse_config({"objectives": terms})
    pane.set_config(config)
    assert pane.config is not None and pane.config.objectives == config.objectives
    assert pane.contrast.others.text() == "Beside it, as in the preset: audio-text matching."


def test_differences_are_marked_and_reset(pane: SetupPane, qtbot: QtBot) -> None:
    row = pane.rows["training.batch_size"]
    assert not row.reset.isVisible()
    type_into(row, "8", qtbot)
    assert row.reset.isVisible()
    assert pane.presets.note.text() == "1 setting differs from this preset."
    qtbot.mouseClick(row.reset, Qt.MouseButton.LeftButton)
    assert pane.config == load_preset("starter-ce").config
    assert not row.reset.isVisible()


def test_arrow_keys_step_numbers(pane: SetupPane, qtbot: QtBot) -> None:
    row = pane.rows["optimizer.learning_rate"]
    row.set_value(0.001)
    qtbot.keyClick(row.editor, Qt.Key.Key_Down)
    assert row.value() == 0.0009
    row = pane.rows["training.epochs"]
    row.set_value(5)
    qtbot.keyClick(row.editor, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert row.value() == 15


def test_own_presets_are_saved_listed_and_used(pane: SetupPane, qtbot: QtBot) -> None:
    type_into(pane.rows["training.epochs"], "7", qtbot)
    pane.presets.save_as("My seven")
    assert pane.presets.current_name() == "my-seven"
    assert pane.config is not None and pane.config.training.epochs == 7
    assert pane.presets.note.text() == ""
    pane.presets.list.setCurrentIndex(0)
    pane.presets.list.activated.emit(0)
    assert pane.config == load_preset("starter-ce").config


def test_settings_come_from_files(pane: SetupPane, studio: Studio, tmp_path: Path) -> None:
    said: list[str] = []
    studio.message.connect(said.append)
    config = load_preset("starter-ce+cl").config.model_copy(update={"seed": 9})
    save_config(config, tmp_path / "config.json")
    pane.presets.import_file(tmp_path / "config.json")
    assert pane.config is not None
    assert pane.config.seed == 9 and pane.config.objectives
    (tmp_path / "wrong.json").write_text(json.dumps({"seed": -1}))
    pane.presets.import_file(tmp_path / "wrong.json")
    assert "seed" in pane.blockers.label.text()
    unknown = {"objectives": [{"name": "triplet"}]}
    (tmp_path / "method.json").write_text(json.dumps(unknown))
    pane.presets.import_file(tmp_path / "method.json")
    assert "'triplet'" in pane.blockers.label.text() and pane.blockers.isVisible()
    assert said == ["Settings read from config.json."]
    assert pane.config.seed == 9


def test_an_encoder_that_is_not_installed_blocks_the_start(pane: SetupPane) -> None:
    pane.set_choices("data.encoder", [("yamnet", "YAMNet", "The weights are missing.")])
    assert pane.problems == {"data.encoder": "The weights are missing."}
    pane.set_choices("data.encoder", [("yamnet", "YAMNet", "")])
    assert pane.problems == {}


def test_the_chosen_folder_of_a_dataset_is_used(pane: SetupPane, tmp_path: Path) -> None:
    pane.set_config(load_preset("dcase2024-baseline").config)
    pane.set_dataset_roots({"clotho": tmp_path, "starter-scenes": None})
    assert pane.config is not None and pane.config.data.root == str(tmp_path)
    pane.rows["data.root"].set_value("/elsewhere")
    pane.set_dataset_roots({"clotho": tmp_path})
    assert pane.config.data.root == "/elsewhere"


def test_everything_can_be_reached_and_understood(pane: SetupPane) -> None:
    for path, row in pane.rows.items():
        assert row.editor.toolTip(), path
        assert row.editor.accessibleName(), path
        assert row.editor.focusPolicy() & Qt.FocusPolicy.TabFocus, path


def test_advanced_settings_stand_in_from_their_headings(pane: SetupPane, qtbot: QtBot) -> None:
    pane.objective.set_value("contrast")
    pane.form._edited()
    sections = pane.form.findChildren(CollapsibleSection)
    for section in sections:
        section.set_open(True)

    def left(widget: QWidget) -> int:
        return widget.mapTo(pane, QPoint(0, 0)).x()

    basic, nested = pane.rows["training.epochs"], pane.rows["model.dropout"]
    qtbot.waitUntil(lambda: left(nested.label) > left(basic.label))
    paths = ("data.train_clips", "objectives.0.memory_bank", "optimizer.weight_decay")
    rows = [pane.rows[path] for path in paths if path in pane.rows]
    assert {left(row.label) for row in rows} == {left(nested.label)}
    # What is typed ends at one line, and no label is cut.
    ends = {left(row.editor) + row.editor.width() for row in (basic, nested, *rows)}
    assert len(ends) == 1
    assert all(row.label.sizeHint().width() <= row.label.width() for row in rows)
    headings = {left(section.button) for section in sections}
    assert len(headings) == 1 and headings.pop() < left(nested.label)
