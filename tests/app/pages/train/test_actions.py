"""What can be done with runs: by menu, shortcut and queue, here and in other processes."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from app.pages.train import sessions as sessions_module
from app.pages.train.action_table import ACTIONS
from app.pages.train.command_line import command_of
from app.pages.train.page import TrainPage
from app.pages.train.run_actions import checkpoint_words, checkpoints_of
from core import paths
from core.cli.program import build_parser
from core.cli.train import _configuration
from core.config import RunConfig, replace_fields
from core.events import Event, RunPaused
from core.presets import load_preset
from core.runs import RunFolder, create_run, record
from core.runs.commands import take
from core.runs.owner import owned
from core.runs.queue import RunQueue
from tests.app.fake_runs import engine_events, finished_run, stopped_run
from tests.app.pages.train.train_page import Opened


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def train(config: RunConfig, run: RunFolder) -> Iterator[Event]:
        return record(run, engine_events(config, epochs=400, pause=0.005))

    monkeypatch.setattr(sessions_module, "_train", train)
    monkeypatch.setattr(sessions_module, "_resume", lambda run: train(run.config(), run))


def test_what_an_earlier_session_left_waits_for_a_word(opened: Opened, qtbot: QtBot) -> None:
    config = load_preset("starter-ce").config
    for name in ("one", "two"):
        RunQueue().add(config.model_copy(update={"name": name}))
    page = opened()
    page.tabs.setCurrentWidget(page.queue)
    assert not page.sessions and page.queue.go.isVisible()
    assert page.queue.note.text() == "2 runs wait."
    assert page.banner.isVisible() and "2 runs wait in the queue" in page.banner.label.text()
    qtbot.mouseClick(page.queue.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(page.sessions), timeout=30_000)
    (key,) = page.sessions
    assert RunFolder(Path(key)).title() == "one"
    assert [entry.state for entry in page.sessions.entries()] == ["running", "queued"]
    assert not page.queue.go.isVisible()


def test_a_new_run_goes_before_what_was_left(opened: Opened, qtbot: QtBot) -> None:
    RunQueue().add(load_preset("starter-ce").config.model_copy(update={"name": "left"}))
    page = opened()
    page.setup.rows["name"].set_value("mine")
    qtbot.mouseClick(page.setup.start, Qt.MouseButton.LeftButton)
    entries = [(entry.title, entry.state) for entry in page.sessions.entries()]
    assert entries == [("mine", "running"), ("left", "queued")]


def test_the_order_of_the_queue_is_changed_by_buttons(opened: Opened, qtbot: QtBot) -> None:
    config = load_preset("starter-ce").config
    ids = [RunQueue().add(config, title=name) for name in "abc"]
    page = opened()
    pane = page.queue
    page.tabs.setCurrentWidget(pane)
    pane.select(ids[2])
    qtbot.mouseClick(pane.up, Qt.MouseButton.LeftButton)
    assert [entry.title for entry in RunQueue().entries()] == ["a", "c", "b"]
    assert pane.current() == ids[2]
    pane.select(ids[0])
    qtbot.mouseClick(pane.down, Qt.MouseButton.LeftButton)
    assert [entry.title for entry in RunQueue().entries()] == ["c", "a", "b"]
    RunQueue().cancel(ids[1])
    pane.refresh()
    pane.select(ids[1])
    qtbot.mouseClick(pane.again, Qt.MouseButton.LeftButton)
    assert all(entry.state == "queued" for entry in RunQueue().entries())


def test_the_queue_begins_with_what_is_due(opened: Opened) -> None:
    config = load_preset("starter-ce").config
    for number in range(40):
        RunQueue().cancel(RunQueue().add(config, title=f"over {number}"))
    RunQueue().add(config, title="due")
    page = opened()
    page.tabs.setCurrentWidget(page.queue)
    tree = page.queue.tree
    due = tree.topLevelItem(40)
    assert due is not None and due.text(0) == "due"
    assert tree.viewport().rect().intersects(tree.visualItemRect(due))


def test_a_run_of_another_process_is_attached_and_asked(
    opened: Opened, qtbot: QtBot, tmp_path: Path
) -> None:
    config = load_preset("starter-ce").config
    run = create_run(config, tmp_path / "server")
    events = [event for event in engine_events(config) if event.recorded]
    with owned(run.path):
        for number, event in enumerate(events[:4]):
            run.events.append(event, 100.0 + number)
        page = opened()
        page.attach(str(run.path))
        key = str(run.path)
        qtbot.waitUntil(lambda: page.runs.current() == key, timeout=30_000)
        qtbot.waitUntil(lambda: page.state(key) == "elsewhere", timeout=30_000)
        actions = page.actions_.actions
        page.actions_.update(key)
        asked: list[str] = []
        for name in ("save", "preview", "validate", "pause"):
            actions[name].trigger()
            qtbot.waitUntil(lambda: bool(asked.extend(take(run.path)) or asked), timeout=30_000)
            assert asked.pop() == name
        run.events.append(RunPaused(epoch=0, step=3, message="The run was asked to pause."), 200.0)
        qtbot.waitUntil(lambda: page.state(key) == "paused elsewhere", timeout=30_000)
        qtbot.waitUntil(page.state_line.resume.isVisible, timeout=30_000)
        assert "asked to pause" in page.state_line.facts.text()
        qtbot.mouseClick(page.state_line.resume, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: bool(asked.extend(take(run.path)) or asked), timeout=30_000)
        assert asked == ["continue"]
    again = TrainPage(page.studio)
    qtbot.addWidget(again)
    again.collection.scan()
    qtbot.waitUntil(lambda: key in again.collection.summaries(), timeout=30_000)


def test_ce_goes_on_with_contrast_from_any_checkpoint(opened: Opened, qtbot: QtBot) -> None:
    run = stopped_run("half")
    for name in ("last", "best", "epoch-5", "epoch-10"):
        (run.checkpoints / f"{name}.safetensors").touch()
    key = str(run.path)
    words = [checkpoint_words(path) for path in checkpoints_of(key)]
    assert words == ["Last checkpoint", "Best checkpoint", "After epoch 10", "After epoch 5"]
    page = opened()
    qtbot.waitUntil(lambda: page.runs.current() == key, timeout=30_000)
    menu = page.menu.build(key)
    inner = next(item for item in menu.findChildren(QMenu) if item.title().startswith("Continue"))
    next(item for item in inner.actions() if item.text() == "After epoch 5").trigger()
    config = page.setup.config
    assert config is not None
    assert config.training.initial_checkpoint == str(run.checkpoints / "epoch-5.safetensors")
    assert [term.name for term in config.objectives] == ["caption-ntxent"]
    assert config.name == "half + CL"
    menu.deleteLater()


def test_every_action_has_keys_or_stands_in_a_button_and_none_twice(opened: Opened) -> None:
    page = opened()
    keys = [text.keys for text in ACTIONS.values() if text.keys]
    assert len(set(keys)) == len(keys)
    assert {name for name, text in ACTIONS.items() if not text.keys} == {"pause", "resume"}
    for name, action in page.actions_.actions.items():
        assert action.toolTip(), name
    # A shortcut that two hear is heard by nobody.
    taken = [
        action.shortcut().toString()
        for action in [*page.window().actions(), *page.actions()]
        if not action.shortcut().isEmpty()
    ]
    assert len(set(taken)) == len(taken)


def test_a_chosen_colour_stays(opened: Opened, qtbot: QtBot) -> None:
    key = str(finished_run("done").path)
    page = opened()
    curves = page.curves
    assert curves is not None
    qtbot.waitUntil(lambda: key in curves.runs, timeout=30_000)
    page.board.choose_colour(key, "#123456")
    assert curves.runs[key].colour == "#123456"
    assert TrainPage(page.studio).colours.colour(key) == "#123456"
    page.board.choose_colour(key, "")
    assert curves.runs[key].colour != "#123456"


def test_what_is_exported_is_named_after_the_run(
    opened: Opened, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = finished_run("done")
    run.rename("CE: first / second")
    page = opened()
    curves = page.curves
    assert curves is not None
    qtbot.waitUntil(lambda: str(run.path) in curves.runs, timeout=30_000)
    begun: list[str] = []

    def choose(_parent: object, _title: str, start: str, _kind: str) -> tuple[str, str]:
        begun.append(Path(start).name)
        target = tmp_path / begun[-1]
        return str(target), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    with qtbot.waitSignal(page.studio.message, check_params_cb=lambda text: "exported" in text):
        page.actions_.actions["export"].trigger()
    for action in curves.bar.exports.actions():
        action.trigger()
    name = "CE- first - second"
    files = [f"{name} · Total.png", f"{name} · Total.svg", f"{name} · values.csv"]
    assert begun == [f"{name}.zip", *files]
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} >= set(begun)
    finished_run("second")
    page.collection.scan(True)
    qtbot.waitUntil(lambda: len(page.collection.summaries()) == 2, timeout=30_000)
    page.runs.set_visible(set(page.collection.summaries()))
    qtbot.waitUntil(lambda: len(curves.runs) == 2, timeout=30_000)
    assert curves.suggested_title("PNG") == "Total"


def test_the_command_line_is_the_form(opened: Opened) -> None:
    page = opened()
    page.setup.rows["training.epochs"].set_value(7)
    page.setup._edited()
    page.actions_.actions["command"].trigger()
    text = QGuiApplication.clipboard().text()
    assert text == "aac-studio train --preset starter-ce --set training.epochs=7"


@pytest.mark.parametrize("name", ["starter-ce", "starter-ce+cl", "dcase2024-ce100-cl300"])
def test_a_command_gives_the_same_settings(name: str) -> None:
    preset = load_preset("starter-ce+cl")
    changes = {"name": "it's mine", "training.keep_states": [3, 5], "validation.previews": 2}
    config = replace_fields(load_preset(name).config, changes)
    words = shlex.split(command_of(config, preset))
    options = build_parser().parse_args(words[1:])
    again = _configuration(options)
    assert again.model_copy(update={"preset": config.preset}) == config


def test_a_new_run_needs_a_folder_that_can_be_written(
    opened: Opened, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened()

    def full(*_: object) -> RunFolder:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sessions_module, "create_run", full)
    qtbot.mouseClick(page.setup.start, Qt.MouseButton.LeftButton)
    assert "No space left on device" in page.banner.label.text()
    assert [entry.state for entry in page.sessions.entries()] == ["failed"]
    assert not list(paths.runs_dir().iterdir())
