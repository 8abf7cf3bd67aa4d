from __future__ import annotations

import time
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.runs import run_collection as module
from app.runs.run_collection import RunCollection
from app.studio import Studio
from core import paths
from core.config import RunConfig
from core.events import RunStarted, StepLogged
from core.runs import create_run
from tests.app.fake_runs import engine_events, finished_run, stopped_run


@pytest.fixture
def collection(studio: Studio) -> RunCollection:
    return RunCollection(studio, studio)


def settle(collection: RunCollection, qtbot: QtBot) -> None:
    with qtbot.waitSignal(collection.listed, timeout=30_000):
        collection.scan(afresh=True)


def test_runs_are_listed_newest_first(collection: RunCollection, qtbot: QtBot) -> None:
    finished_run("old", hours_ago=2)
    finished_run("new", hours_ago=1)
    (paths.runs_dir() / "no run at all").mkdir()
    settle(collection, qtbot)
    assert [summary.title for summary in collection.summaries().values()] == ["new", "old"]
    assert [summary.state for summary in collection.summaries().values()] == ["finished"] * 2


def test_a_watched_run_is_read_in_portions(
    collection: RunCollection, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PORTION", 300)
    key = str(finished_run("a").path)
    settle(collection, qtbot)
    with qtbot.waitSignal(collection.loaded, timeout=30_000):
        collection.watch([key])
    history = collection.history(key)
    assert history is not None
    assert history.steps.length == 20 and history.validations.length == 4
    assert len(history.previews["clip-1"]) == 4
    assert history.ended is not None and history.ended.reason == "finished"


def test_a_run_of_another_process_is_followed(collection: RunCollection, qtbot: QtBot) -> None:
    config = RunConfig()
    run = create_run(config)
    events = [e for e in engine_events(config) if isinstance(e, RunStarted | StepLogged)]
    run.events.append(events[0], time.time())
    settle(collection, qtbot)
    key = str(run.path)
    with qtbot.waitSignal(collection.loaded, timeout=30_000):
        collection.watch([key])
    collection.set_active(True)
    for event in events[1:6]:
        run.events.append(event, time.time())
    history = collection.history(key)
    assert history is not None
    qtbot.waitUntil(lambda: history.steps.length == 5, timeout=30_000)
    with run.events.path.open("a") as stream:
        stream.write('{"time": 1, "event": "StepLo')  # a line that is being written
    qtbot.wait(300)
    assert history.steps.length == 5
    collection.set_active(False)


def test_an_interrupted_run_is_told_from_a_living_one(
    collection: RunCollection, qtbot: QtBot
) -> None:
    run = stopped_run("a")
    lines = run.events.path.read_text().splitlines()
    run.events.path.write_text("\n".join(lines[:-1]) + "\n")
    settle(collection, qtbot)
    assert next(iter(collection.summaries().values())).state == "interrupted"


def test_a_deleted_folder_leaves_the_list(
    collection: RunCollection, qtbot: QtBot, tmp_path: Path
) -> None:
    run = finished_run("a")
    settle(collection, qtbot)
    run.path.rename(tmp_path / "elsewhere")
    settle(collection, qtbot)
    assert collection.summaries() == {}
    collection.add_folder(tmp_path / "elsewhere")
    qtbot.waitUntil(lambda: len(collection.summaries()) == 1, timeout=30_000)


def test_a_run_whose_events_cannot_be_read_is_told_of_once(
    collection: RunCollection, studio: Studio, qtbot: QtBot
) -> None:
    run = stopped_run("broken")
    settle(collection, qtbot)
    told: list[str] = []
    studio.message.connect(told.append)
    events = run.path / "events.jsonl"
    events.unlink()
    events.mkdir()
    collection.watch([str(run.path)])
    qtbot.waitUntil(lambda: len(told) == 1, timeout=30_000)
    collection._read_live()
    collection._read_live()
    qtbot.wait(200)
    assert len(told) == 1


def test_one_run_is_told_of_without_sorting_all(
    collection: RunCollection, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = str(finished_run("a").path)
    settle(collection, qtbot)
    monkeypatch.setattr(collection, "summaries", lambda: pytest.fail("all runs were put in order"))
    summary = collection.summary(key)
    assert summary is not None and summary.title == "a"
    assert collection.summary("elsewhere") is None
