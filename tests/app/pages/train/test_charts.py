"""What the Train page draws of its runs."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.pages.train.page import TrainPage
from app.window import MainWindow
from tests.app.fake_runs import finished_run
from tests.app.pages.train.train_page import Opened, click, start, wait_for_steps

pytestmark = pytest.mark.usefixtures("engine")


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
    assert hidden.count(False) == 1 and page.runs.nothing.isHidden()
    page.runs.filter.setText("run 9")
    assert page.runs.nothing.isVisible()
    assert page.runs.nothing.text() == 'No run matches "run 9".'
    page.runs.filter.clear()
    assert page.runs.nothing.isHidden()


def test_what_is_shown_is_remembered(opened: Opened, qtbot: QtBot) -> None:
    runs = [finished_run(f"run {n}", hours_ago=6 - n, seed=n) for n in range(6)]
    page = opened()
    page.runs.set_visible({str(runs[0].path), str(runs[1].path)})
    assert page.curves is not None
    before = {key: page.board.colours.colour(key) for key in page.runs.visible()}

    def reopened() -> TrainPage:
        later = TrainPage(page.studio)
        qtbot.addWidget(later)
        later.collection.scan()
        qtbot.waitUntil(lambda: later.collection.settled, timeout=30_000)
        return later

    later = reopened()
    assert later.runs.visible() == set(before)
    assert {key: later.board.colours.colour(key) for key in before} == before
    # A run that was deleted meanwhile vanishes without a word.
    shutil.rmtree(runs[1].path)
    assert reopened().runs.visible() == {str(runs[0].path)}
    # Where none of them is left, the newest are shown; to show none is a choice too.
    shutil.rmtree(runs[0].path)
    last = reopened()
    assert last.runs.visible() == {str(run.path) for run in runs[2:]}
    last.runs.set_visible(set())
    assert reopened().runs.visible() == set()


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
