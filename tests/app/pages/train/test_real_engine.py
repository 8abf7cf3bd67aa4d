"""The page with the real engine: a tiny run on sounds of one second, by clicks alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.pages.train.page import TrainPage
from app.studio import Studio
from app.window import MainWindow
from core import paths
from core.config import RunConfig
from core.events import RunEnded, RunStarted, StepLogged
from core.runs import RunFolder
from tests.app.conftest import end, flush
from tests.core.tiny import tiny_config, tones

__all__ = ["tones"]


@pytest.fixture
def page(window: MainWindow, tones: None, qtbot: QtBot) -> TrainPage:
    window.show_page("train")
    page = window.page("train")
    assert isinstance(page, TrainPage)
    qtbot.waitUntil(lambda: page.curves is not None and page.collection.settled, timeout=30_000)
    return page


def long_config() -> RunConfig:
    config = tiny_config()
    training = config.training.model_copy(update={"epochs": 5000})
    return config.model_copy(update={"training": training})


def steps(page: TrainPage, key: str) -> int:
    history = page.collection.history(key)
    return history.steps.length if history is not None else 0


def drawn(page: TrainPage, key: str) -> int:
    curves = page.curves.curves.get(key) if page.curves else None
    return curves.training[0].raw.size if curves and curves.training else 0


def test_start_watch_pause_resume_stop_resume_and_close(
    page: TrainPage, window: MainWindow, qtbot: QtBot
) -> None:
    left = Qt.MouseButton.LeftButton
    page.setup.set_config(long_config())
    qtbot.mouseClick(page.setup.start, left)
    (folder,) = paths.runs_dir().iterdir()
    run, key = RunFolder(folder), str(folder)

    qtbot.waitUntil(lambda: drawn(page, key) > 20, timeout=60_000)
    before = drawn(page, key)
    qtbot.waitUntil(lambda: drawn(page, key) > before, timeout=30_000)
    assert "step" in page.state_line.facts.text()

    qtbot.mouseClick(page.state_line.pause, left)
    qtbot.wait(600)
    count = steps(page, key)
    qtbot.wait(600)
    assert steps(page, key) == count
    qtbot.mouseClick(page.state_line.resume, left)
    qtbot.waitUntil(lambda: steps(page, key) > count, timeout=30_000)

    qtbot.mouseClick(page.state_line.stop, left)
    qtbot.waitUntil(lambda: page.state(key) == "stopped" and not page.sessions, timeout=20_000)
    assert run.last.is_file() and run.state.is_file()
    qtbot.waitUntil(lambda: page.state_line.resume.isVisible(), timeout=30_000)

    qtbot.mouseClick(page.state_line.resume, left)
    qtbot.waitUntil(lambda: page.state(key) == "running", timeout=30_000)
    stopped_at = steps(page, key)
    qtbot.waitUntil(lambda: steps(page, key) > stopped_at + 5, timeout=60_000)

    stop_and_close(window, qtbot)
    check_one_line_of_steps(run, stops=2)

    # The next session finds the run in the queue and goes on with it when told to.
    studio = Studio()
    again = MainWindow(studio)
    again.show()
    again.show_page("train")
    page = again.page("train")
    assert isinstance(page, TrainPage)
    qtbot.waitUntil(lambda: page.curves is not None and page.collection.settled, timeout=30_000)
    page.tabs.setCurrentWidget(page.queue)
    assert page.queue.go.isVisible() and "1 run waits" in page.queue.note.text()
    qtbot.waitUntil(lambda: steps(page, key) > 0, timeout=30_000)
    count = steps(page, key)
    qtbot.mouseClick(page.queue.go, left)
    qtbot.waitUntil(lambda: steps(page, key) > count, timeout=60_000)
    stop_and_close(again, qtbot)
    check_one_line_of_steps(run, stops=3)
    end(studio, qtbot)
    again.deleteLater()
    flush()


def stop_and_close(window: MainWindow, qtbot: QtBot) -> None:
    """Close the window while a run trains, and agree to its question."""
    window.close()
    assert window.isVisible() and window._question is not None
    buttons = {button.text(): button for button in window._question.findChildren(QPushButton)}
    qtbot.mouseClick(buttons["Stop and close"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=30_000)


def check_one_line_of_steps(run: RunFolder, stops: int) -> None:
    """No step is missing or double, and the last word of each stretch is that it was stopped."""
    events = [event for _, event in run.events.read_all()]
    numbers = [event.step for event in events if isinstance(event, StepLogged)]
    assert numbers == list(range(1, len(numbers) + 1))
    ends = [event.reason for event in events if isinstance(event, RunEnded)]
    assert ends == ["stopped"] * stops
    assert isinstance(events[-1], RunEnded)
    resumed = [event.step for event in events if isinstance(event, RunStarted)]
    assert len(resumed) == stops and resumed[0] == 0 and min(resumed[1:]) > 0


def test_what_the_engine_refuses_is_said_in_the_page(
    page: TrainPage, qtbot: QtBot, tmp_path: Path
) -> None:
    config = tiny_config()
    data = config.data.model_copy(update={"root": ""})
    training = config.training.model_copy(update={"initial_checkpoint": str(tmp_path / "no")})
    page.setup.set_config(config.model_copy(update={"data": data, "training": training}))
    qtbot.mouseClick(page.setup.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(page.banner.isVisible, timeout=60_000)
    assert str(tmp_path / "no") in page.banner.label.text()
    (folder,) = paths.runs_dir().iterdir()
    qtbot.waitUntil(lambda: page.state(str(folder)) == "failed", timeout=30_000)
