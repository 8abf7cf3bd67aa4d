from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
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
from tests.app.fake_runs import ended, engine_events, finished_run, stopped_run

Opened = Callable[[], TrainPage]


@pytest.fixture
def closed() -> list[str]:
    return []


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch, closed: list[str]) -> None:
    """Trains nothing, but says everything that training says."""

    def train(config: RunConfig, run: RunFolder) -> Iterator[Event]:
        events = engine_events(config, epochs=200, pause=0.005, closed=closed)
        return record(run, events)

    def resume(run: RunFolder) -> Iterator[Event]:
        events = engine_events(run.config(), epochs=200, pause=0.005, first_step=5, closed=closed)
        return record(run, events)

    monkeypatch.setattr(sessions_module, "_train", train)
    monkeypatch.setattr(sessions_module, "_resume", resume)


@pytest.fixture
def opened(window: MainWindow, qtbot: QtBot) -> Opened:
    """Opens the page and waits until its plots are there and all runs are listed."""

    def open_page() -> TrainPage:
        window.show_page("train")
        page = window.page("train")
        assert isinstance(page, TrainPage)
        qtbot.waitUntil(lambda: page.curves is not None and page.shelf.settled, timeout=30_000)
        return page

    return open_page


def click(button: object, qtbot: QtBot) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def only_key() -> str:
    (folder,) = paths.runs_dir().iterdir()
    return str(folder)


def wait_for_steps(page: TrainPage, key: str, count: int, qtbot: QtBot) -> None:
    def enough() -> bool:
        history = page.shelf.history(key)
        return history is not None and history.steps.length >= count

    qtbot.waitUntil(enough, timeout=30_000)


def start(page: TrainPage, qtbot: QtBot) -> str:
    """Start a run; return its folder, "" where it waits in the queue."""
    before = set(paths.runs_dir().iterdir())
    click(page.setup.start, qtbot)
    new = set(paths.runs_dir().iterdir()) - before
    return str(new.pop()) if new else ""


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
    history = page.shelf.history(key)
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


def test_the_curve_grows_and_the_read_out_follows(opened: Opened, qtbot: QtBot) -> None:
    page = opened()
    key = start(page, qtbot)
    wait_for_steps(page, key, 12, qtbot)
    curves = page.curves
    assert curves is not None

    def drawn() -> int:
        found = curves.curves.get(key)
        return found.training[0].raw.size if found and found.training else 0

    qtbot.waitUntil(lambda: drawn() >= 12, timeout=30_000)
    (reading,) = curves.readings(10.2)
    assert reading.x == 10
    assert reading.raw == pytest.approx(2.0 + 3.0 * 2.718281828 ** (-10 / 8))
    assert reading.validation == pytest.approx(2.5)
    curves.plot.cursor_moved.emit(10.2)
    assert curves.pane.read_out.isVisible()
    curves.plot.cursor_moved.emit(math.nan)
    assert not curves.pane.read_out.isVisible()
    page.sessions.stop(key)


def test_previews_and_log_show_the_run(opened: Opened, qtbot: QtBot) -> None:
    finished_run("done")
    page = opened()
    qtbot.waitUntil(lambda: page.previews.clip.count() == 1, timeout=30_000)
    text = page.previews.text.toPlainText()
    assert text.index("a dog barks 4 times") < text.index("a dog barks 1 times")
    assert "barking of a dog" in text
    log = page.log.toPlainText()
    assert "started: 4 epochs of 5 steps on cpu" in log and "finished" in log


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
    history = page.shelf.history(key)
    assert history is not None
    steps = history.steps.column("step").tolist()
    assert steps == sorted(set(steps))
    assert history.resumed_at == [5]


def test_ticks_choose_what_is_drawn(opened: Opened, qtbot: QtBot) -> None:
    for number in range(6):
        finished_run(f"run {number}", hours_ago=6 - number, seed=number)
    page = opened()
    curves = page.curves
    assert curves is not None
    qtbot.waitUntil(lambda: len(curves.runs) == 4, timeout=30_000)
    assert [run.title for run in curves.runs.values()] == ["run 5", "run 4", "run 3", "run 2"]
    assert len({run.colour for run in curves.runs.values()}) == 4
    item = page.runs.tree.topLevelItem(0)
    item.setCheckState(0, Qt.CheckState.Unchecked)
    assert [run.title for run in curves.runs.values()] == ["run 4", "run 3", "run 2"]
    page.runs.filter.setText("run 1")
    hidden = [page.runs.tree.topLevelItem(i).isHidden() for i in range(6)]
    assert hidden.count(False) == 1


def test_a_run_and_its_contrastive_twin_share_a_hue(opened: Opened, qtbot: QtBot) -> None:
    finished_run("ce", "starter-ce", hours_ago=2)
    finished_run("ce+cl", "starter-ce+cl", hours_ago=1)
    page = opened()
    curves = page.curves
    assert curves is not None
    qtbot.waitUntil(lambda: len(curves.runs) == 2, timeout=30_000)
    twin, plain = curves.runs.values()
    assert twin.colour == plain.colour
    assert twin.dashed and not plain.dashed


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


def test_charts_axes_and_exports(opened: Opened, qtbot: QtBot, tmp_path: Path) -> None:
    key = str(finished_run("done", "starter-ce+cl").path)
    page = opened()
    curves = page.curves
    assert curves is not None
    qtbot.waitUntil(lambda: key in curves.curves, timeout=30_000)
    qtbot.waitUntil(lambda: not curves.curves[key].is_empty, timeout=30_000)
    empty = []
    for index in range(curves.bar.tabs.count()):
        curves.bar.tabs.setCurrentIndex(index)
        if curves.pane.nothing.isVisible():
            empty.append(curves.chart.label)
        for axis in ("step", "epoch", "elapsed"):
            curves.bar.axis.set_data(axis)
        click(curves.bar.log, qtbot)
    # The run was written without recall.
    assert empty == ["Recall"]
    curves.bar.tabs.setCurrentIndex(0)
    curves.save(curves.save_png, tmp_path / "chart.png")
    assert QImage(str(tmp_path / "chart.png")).width() == 2 * curves.plot.viewport().width()
    curves.save(curves.save_svg, tmp_path / "chart.svg")
    svg = (tmp_path / "chart.svg").read_text()
    assert "<polyline" in svg and "done" in svg
    curves.save(curves.save_csv, tmp_path / "chart.csv")
    assert (tmp_path / "chart.csv").read_text().startswith("run,split,step")


def test_figures_without_a_tab_are_a_click_away(opened: Opened, qtbot: QtBot) -> None:
    key = str(finished_run("done", "starter-ce+cl").path)
    page = opened()
    curves = page.curves
    assert curves is not None
    qtbot.waitUntil(lambda: key in curves.curves, timeout=30_000)
    qtbot.waitUntil(lambda: not curves.curves[key].is_empty, timeout=30_000)
    curves._list_figures()
    actions = {action.text(): action for action in curves.bar.figures.actions()}
    assert set(actions) == {"bleu_1", "caption-ntxent/gradient-norm"}
    actions["bleu_1"].trigger()
    assert curves.chart.label == "Bleu 1"
    actions["caption-ntxent/gradient-norm"].trigger()
    assert curves.bar.tabs.count() == 10 and curves.chart.label == "Gradient norm"
    (series,) = curves.curves[key].training
    assert set(series.raw.values.tolist()) == {0.5}


def test_an_empty_chart_says_so(opened: Opened, qtbot: QtBot) -> None:
    finished_run("done", "starter-ce")
    page = opened()
    curves = page.curves
    assert curves is not None
    qtbot.waitUntil(lambda: curves.isVisible() and bool(curves.runs), timeout=30_000)
    curves.bar.tabs.setCurrentIndex(2)
    qtbot.waitUntil(curves.pane.nothing.isVisible, timeout=30_000)
    assert "contrastive loss" in curves.pane.nothing.text()


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


def test_nothing_is_drawn_while_another_page_is_shown(
    opened: Opened, window: MainWindow, qtbot: QtBot
) -> None:
    page = opened()
    key = start(page, qtbot)
    wait_for_steps(page, key, 3, qtbot)
    page.hide()
    qtbot.wait(300)
    curves = page.curves
    assert curves is not None
    before = curves.curves[key].training[0].raw.size
    qtbot.wait(300)
    assert curves.curves[key].training[0].raw.size == before
    assert not page._timer.isActive()
    page.show()
    qtbot.waitUntil(lambda: curves.curves[key].training[0].raw.size > before, timeout=30_000)


def test_the_caption_space_is_shown_by_validation(opened: Opened, qtbot: QtBot) -> None:
    finished_run("done")
    page = opened()
    space = page.space
    assert space is not None
    page.tabs.setCurrentWidget(space)
    qtbot.waitUntil(lambda: space.slider.maximum() == 3, timeout=30_000)
    assert space.epoch.text() == "epoch 4"
    assert "2 validation clips" in space.hint.text() and "60%" in space.hint.text()
    space.slider.setValue(0)
    assert space.epoch.text() == "epoch 1"


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
