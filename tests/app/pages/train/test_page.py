"""Runs on the Train page: started, paused, stopped, resumed, queued, failed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from app.pages.train import sessions as sessions_module
from app.pages.train.page import TrainPage
from app.window import MainWindow
from core import paths
from core.config import RunConfig
from core.errors import DatasetError
from core.events import Event, Warned
from core.runs import RunFolder, record
from tests.app.fake_runs import ended, finished_run, stopped_run
from tests.app.pages.train.train_page import Opened, click, only_key, start, wait_for_steps

pytestmark = pytest.mark.usefixtures("engine")


def test_without_runs_it_says_what_to_do_and_starts(opened: Opened, qtbot: QtBot) -> None:
    page = opened()
    assert page.empty.isVisible()
    click(page.empty.button, qtbot)
    key = only_key()
    wait_for_steps(page, key, 3, qtbot)
    assert not page.empty.isVisible()


def test_start_pause_resume_stop(opened: Opened, qtbot: QtBot, closed: list[str]) -> None:
    page = opened()
    key = start(page, qtbot)
    wait_for_steps(page, key, 5, qtbot)
    qtbot.waitUntil(lambda: page.runs.current() == key)
    assert page.setup.start.text() == "Add to queue"
    words = ("Training", "Validating")
    qtbot.waitUntil(lambda: page.state_line.state.text() in words, timeout=30_000)
    assert page.state_line.pause.isVisible()

    click(page.state_line.pause, qtbot)
    assert page.state(key) == "paused"
    qtbot.waitUntil(lambda: page.state_line.resume.isVisible())
    qtbot.wait(400)
    history = page.collection.history(key)
    assert history is not None
    steps = history.steps.length
    qtbot.wait(400)
    assert history.steps.length == steps

    click(page.state_line.resume, qtbot)
    wait_for_steps(page, key, steps + 3, qtbot)
    click(page.state_line.stop, qtbot)
    qtbot.waitUntil(lambda: page.state(key) == "stopped" and not page.sessions, timeout=30_000)
    assert closed == ["closed"]
    run = RunFolder(Path(key))
    assert ended(run) is not None and ended(run).reason == "stopped"  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: page.state_line.resume.isVisible(), timeout=30_000)
    assert page.setup.start.text() == "Start"


def test_previews_and_log_show_the_run(opened: Opened, qtbot: QtBot) -> None:
    finished_run("done")
    page = opened()
    qtbot.waitUntil(lambda: page.previews.clip.count() == 1, timeout=30_000)
    text = page.previews.text.toPlainText()
    assert text.index("a dog barks 4 times") < text.index("a dog barks 1 times")
    assert "barking of a dog" in text
    log = page.log.toPlainText()
    assert "started: 4 epochs of 5 steps on cpu" in log and "finished" in log


def test_a_newcomer_is_led_to_a_caption_too(
    opened: Opened, window: MainWindow, qtbot: QtBot
) -> None:
    page = opened()
    assert page.empty.isVisible()
    with qtbot.waitSignal(window.studio.show_page) as shown:
        click(page.caption, qtbot)
    assert shown.args == ["caption"]


def test_shortcuts_are_heard_before_anything_was_clicked(
    opened: Opened, window: MainWindow, qtbot: QtBot
) -> None:
    page = opened()
    assert window.focusWidget() is page
    window.show_page("library")
    click(window.rail.buttons["train"], qtbot)
    focus = window.focusWidget()
    assert focus is not None and page.isAncestorOf(focus)
    page.setup.rows["name"].editor.setFocus()
    window.show_page("train")
    assert window.focusWidget() is page.setup.rows["name"].editor


def test_a_second_start_waits_and_can_be_taken_back(opened: Opened, qtbot: QtBot) -> None:
    page = opened()
    first = start(page, qtbot)
    wait_for_steps(page, first, 2, qtbot)
    assert start(page, qtbot) == start(page, qtbot) == ""
    states = [entry.state for entry in page.sessions.entries()]
    assert states == ["running", "queued", "queued"]
    assert page.tabs.tabText(page.tabs.indexOf(page.queue)) == "Queue (2)"
    page.tabs.setCurrentWidget(page.queue)
    page.queue.select(page.sessions.entries()[1].id)
    click(page.queue.drop, qtbot)
    assert page.tabs.tabText(page.tabs.indexOf(page.queue)) == "Queue (1)"
    page.sessions.stop(first)
    qtbot.waitUntil(lambda: first not in page.sessions and bool(page.sessions), timeout=30_000)
    (third,) = page.sessions
    wait_for_steps(page, third, 2, qtbot)
    assert page.state(third) == "running"
    assert [entry.state for entry in page.sessions.entries()] == ["cancelled", "running"]


def test_a_run_is_not_called_by_a_preset_with_another_loss(opened: Opened, qtbot: QtBot) -> None:
    page = opened()
    click(page.setup.objective.buttons["contrast"], qtbot)
    assert page.setup.config is not None and page.setup.config.objectives
    key = start(page, qtbot)
    assert RunFolder(Path(key)).title() == "CE + caption NT-Xent"
    wait_for_steps(page, key, 1, qtbot)
    page.sessions.stop(key)


def test_a_failure_is_told_in_the_page(
    opened: Opened, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(config: RunConfig, run: RunFolder) -> Iterator[Event]:
        def events() -> Iterator[Event]:
            yield Warned(message="The disk is nearly full.")
            raise DatasetError("clips.csv is missing; download the dataset again.")

        return record(run, events())

    monkeypatch.setattr(sessions_module, "_train", failing)
    page = opened()
    key = start(page, qtbot)
    qtbot.waitUntil(lambda: page.state(key) == "failed", timeout=30_000)
    assert page.banner.isVisible()
    assert page.banner.label.text() == "clips.csv is missing; download the dataset again."
    click(page.banner.more, qtbot)
    assert "DatasetError" in page.banner.details.toPlainText()
    qtbot.waitUntil(lambda: "clips.csv" in page.state_line.facts.text(), timeout=30_000)


def test_a_stopped_run_is_resumed_from_the_state_line(opened: Opened, qtbot: QtBot) -> None:
    key = str(stopped_run("half", steps=7).path)
    page = opened()
    qtbot.waitUntil(lambda: page.state_line.resume.isVisible(), timeout=30_000)
    click(page.state_line.resume, qtbot)
    wait_for_steps(page, key, 12, qtbot)
    history = page.collection.history(key)
    assert history is not None
    steps = history.steps.column("step").tolist()
    assert steps == sorted(set(steps))
    assert history.resumed_at == [5]


def test_menu_offers_what_is_possible(opened: Opened, qtbot: QtBot) -> None:
    key = str(finished_run("done").path)
    page = opened()
    qtbot.waitUntil(lambda: page.runs.current() == key, timeout=30_000)
    menu = page.menu.build(key)
    actions = {action.text(): action for action in menu.actions() if action.text()}
    assert not actions["Resume"].isEnabled() and "finished" in actions["Resume"].toolTip()
    assert actions["Move to the bin"].isEnabled()
    assert not actions["Open its checkpoint in Compare"].isEnabled()
    assert not actions["Save now"].isEnabled()
    page.setup.rows["seed"].set_value(1)
    actions["Duplicate with changes"].trigger()
    assert page.setup.config is not None and page.setup.config.seed == 42
    menu.deleteLater()
    page.rename_run(key, "Renamed")
    qtbot.waitUntil(lambda: page.runs.tree.topLevelItem(0).text(0) == "Renamed", timeout=30_000)


def test_the_last_settings_come_back(opened: Opened, qtbot: QtBot, window: MainWindow) -> None:
    page = opened()
    page.setup.rows["training.epochs"].set_value(9)
    key = start(page, qtbot)
    wait_for_steps(page, key, 1, qtbot)
    again = TrainPage(window.studio)
    qtbot.addWidget(again)
    assert again.setup.config is not None and again.setup.config.training.epochs == 9
    saved = json.loads((paths.home() / "last-setup.json").read_text())
    assert saved["preset"] == "starter-ce"


def test_closing_while_training_asks_stops_saves_and_closes(
    opened: Opened, window: MainWindow, qtbot: QtBot, closed: list[str]
) -> None:
    page = opened()
    key = start(page, qtbot)
    wait_for_steps(page, key, 3, qtbot)
    window.close()
    assert window.isVisible()
    question = window._question
    assert isinstance(question, QMessageBox) and "Training" in question.text()
    buttons = {button.text(): button for button in question.findChildren(QPushButton)}
    click(buttons["Keep working"], qtbot)
    assert window._question is None and page.state(key) == "running"

    window.close()
    buttons = {button.text(): button for button in window._question.findChildren(QPushButton)}  # type: ignore[union-attr]
    click(buttons["Stop and close"], qtbot)
    assert window.studio.jobs.closing
    click(page.setup.start, qtbot)
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=30_000)
    assert closed == ["closed"]
    end = ended(RunFolder(Path(key)))
    assert end is not None and end.reason == "stopped"


def test_tab_goes_from_the_settings_over_the_charts_to_the_runs(opened: Opened) -> None:
    page = opened()
    assert page.curves is not None
    chain, at = [], page.nextInFocusChain()
    while at is not page:
        chain.append(at)
        at = at.nextInFocusChain()
    line, bar = page.state_line, page.curves.bar
    setup = [page.setup.rows["name"].editor, page.setup.start, page.setup.copy_command]
    wanted = [*setup, line.pause, line.more, bar.tabs, bar.export, page.runs.filter, page.runs.tree]
    places = [chain.index(widget) for widget in wanted]
    assert places == sorted(places)
    assert all(row.editor.accessibleName() == row.title for row in page.setup.rows.values())
    for button in page.findChildren(QAbstractButton):
        policy = button.focusPolicy()
        reached = button.isVisible() and policy != Qt.FocusPolicy.NoFocus
        assert not reached or button.text() or button.accessibleName() or button.toolTip()
