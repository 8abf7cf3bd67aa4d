"""The queue between sessions and processes: what is offered, said, taken up and left."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QProcess, QSize
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from app import background_training
from app import window as window_module
from app.window import MainWindow
from core import paths
from core.presets import load_preset
from core.runs.queue import QueuedRun, RunQueue
from core.runs.queue_file import write_entries
from tests.app.fake_runs import finished_run
from tests.app.pages.train.train_page import Opened, click, start, wait_for_steps


@pytest.fixture(autouse=True)
def no_engine(engine: None) -> None:
    """Nothing is really trained."""


def waiting(*seeds: int) -> RunQueue:
    """Queue runs as the command line does."""
    queue, config = RunQueue(), load_preset("starter-ce").config
    for seed in seeds:
        queue.add(config.model_copy(update={"seed": seed}))
    return queue


def test_runs_of_one_preset_are_told_apart(opened: Opened) -> None:
    waiting(7, 8)
    page = opened()
    assert [entry.title for entry in page.sessions.entries()] == [
        "starter-ce · seed 7",
        "starter-ce · seed 8",
    ]
    item = page.queue.tree.topLevelItem(1)
    assert item is not None and "seed 8, on the fastest device." in item.toolTip(0)


def test_what_waits_since_the_window_was_closed_is_offered(opened: Opened, qtbot: QtBot) -> None:
    waiting(7)
    page = opened()
    page.tabs.setCurrentWidget(page.queue)
    assert page.banner.isVisible() and "since the window was closed" in page.banner.label.text()
    assert page.queue.note.text() == "1 run waits."
    assert not page.sessions
    click(page.queue.go, qtbot)
    (key,) = page.sessions
    wait_for_steps(page, key, 1, qtbot)
    assert not page.queue.begin.isVisible()


def test_a_run_that_is_to_wait_again_begins_where_nothing_else_waits(
    opened: Opened, qtbot: QtBot
) -> None:
    queue = waiting(7)
    queue.cancel(queue.entries()[0].id)
    page = opened()
    page.tabs.setCurrentWidget(page.queue)
    assert not page.banner.isVisible() and page.queue.note.text() == "Nothing waits."
    page.queue.select(queue.entries()[0].id)
    click(page.queue.again, qtbot)
    assert len(page.sessions) == 1


def test_what_another_program_queues_can_be_begun_here(opened: Opened, qtbot: QtBot) -> None:
    page = opened()
    page.tabs.setCurrentWidget(page.queue)
    assert not page.queue.begin.isVisible() and not page.queue.tools.isVisible()
    waiting(7)
    page.queue.look()
    qtbot.waitUntil(page.queue.begin.isVisible)
    assert page.queue.note.text() == "1 run waits."
    click(page.queue.go, qtbot)
    assert len(page.sessions) == 1


def test_a_queue_that_another_process_works_through_is_not_offered(
    opened: Opened, qtbot: QtBot
) -> None:
    assert waiting(7, 8).next_ready() is not None
    page = opened()
    page.tabs.setCurrentWidget(page.queue)
    assert not page.banner.isVisible() and not page.queue.begin.isVisible()
    assert page.queue.note.text() == "1 run waits." and page.queue.elsewhere.isVisible()


def test_the_offer_goes_when_another_process_took_it_up(opened: Opened, qtbot: QtBot) -> None:
    queue = waiting(7)
    page = opened()
    assert page.banner.isVisible()

    def over(entry: QueuedRun) -> QueuedRun:
        return replace(entry, state="done")

    write_entries(queue.path, [over(entry) for entry in queue.entries()])
    page.queue.look()
    qtbot.waitUntil(lambda: not page.banner.isVisible())


def test_rows_are_as_high_as_those_that_come_later(opened: Opened, qtbot: QtBot) -> None:
    waiting(7)
    page = opened()
    page.tabs.setCurrentWidget(page.queue)
    tree = page.queue.tree
    height = tree.visualItemRect(tree.topLevelItem(0)).height()
    waiting(8)
    page.queue.refresh()
    assert tree.visualItemRect(tree.topLevelItem(0)).height() == height
    assert height >= tree.fontMetrics().height() + 6


def test_the_run_that_trains_elsewhere_is_selected_first(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = finished_run("2026-01-01_00-00-00_older")
    finished_run("2026-01-02_00-00-00_newer")
    monkeypatch.setattr(
        "app.runs.run_collection.RunCollection.is_alive", lambda _self, key: key == str(older.path)
    )
    page = opened()
    assert page.runs.current() == str(older.path)


def test_without_a_run_nothing_is_said_of_its_state(opened: Opened) -> None:
    page = opened()
    assert page.state_line.state.text() == ""


def test_training_goes_on_without_the_window(
    opened: Opened, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[list[QueuedRun]] = []

    def note() -> bool:
        left.append(list(RunQueue().entries()))
        return True

    monkeypatch.setattr(window_module, "train_without_window", note)
    page = opened()
    key = start(page, qtbot)
    wait_for_steps(page, key, 2, qtbot)
    assert start(page, qtbot) == ""
    window.close()
    question = window._question
    assert question is not None and "without the window" in question.informativeText()
    buttons = {button.text(): button for button in question.findChildren(QPushButton)}
    click(buttons["Close and train on"], qtbot)
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=30_000)
    (entries,) = left
    assert [entry.state for entry in entries] == ["queued", "queued"]
    assert entries[0].resume == key
    # However often it is told to close, training is left to one process.
    QApplication.sendEvent(window, QCloseEvent())
    assert len(left) == 1


def test_a_window_that_cannot_leave_its_training_stays(
    opened: Opened, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window_module, "train_without_window", lambda: False)
    page = opened()
    key = start(page, qtbot)
    wait_for_steps(page, key, 2, qtbot)
    window.close()
    assert window._question is not None
    buttons = {button.text(): button for button in window._question.findChildren(QPushButton)}
    click(buttons["Close and train on"], qtbot)
    qtbot.waitUntil(lambda: "waits in the queue" in window.banner.label.text(), timeout=30_000)
    assert window.isVisible() and [entry.resume for entry in RunQueue().entries()] == [key]
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible())


def test_the_process_that_trains_on_runs_the_queue_and_keeps_its_words(home: Path) -> None:
    process = background_training.queue_process()
    assert Path(process.program()).parent == Path(sys.executable).parent
    # Nothing waits, so it ends at once and says so.
    process.start()
    assert process.waitForFinished(60_000)
    assert process.exitStatus() == QProcess.ExitStatus.NormalExit and process.exitCode() == 0
    assert "Nothing waits in the queue." in (paths.logs_dir() / background_training.LOG).read_text()


def test_titles_have_room_in_a_narrow_pane(opened: Opened) -> None:
    page = opened()
    for width, hidden in ((220, True), (420, False)):
        page.queue.resizeEvent(QResizeEvent(QSize(width, 200), QSize()))
        assert page.queue.tree.isColumnHidden(2) is hidden
