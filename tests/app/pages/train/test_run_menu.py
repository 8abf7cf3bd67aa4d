"""What the menu of a run does with what is shown."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from tests.app.fake_runs import finished_run
from tests.app.pages.train.train_page import Opened


def test_one_run_alone_is_shown(opened: Opened, qtbot: QtBot) -> None:
    runs = [finished_run(f"run {n}", hours_ago=3 - n, seed=n) for n in range(3)]
    page = opened()
    qtbot.waitUntil(lambda: len(page.runs.visible()) == 3, timeout=30_000)
    key = str(runs[1].path)
    page.runs.select(key)
    menu = page.menu.build(key)
    (only,) = [action for action in menu.actions() if action.text() == "Show only this run"]
    only.trigger()
    assert page.runs.visible() == {key}
    menu.close()
