from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.pages.train import sessions as sessions_module
from app.pages.train.page import TrainPage
from app.window import MainWindow
from core.config import RunConfig
from core.events import Event
from core.runs import RunFolder, record
from tests.app.fake_runs import engine_events
from tests.app.pages.train.train_page import Opened


@pytest.fixture(autouse=True)
def known_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page that is opened would open the built-in dataset anew."""
    from app.pages.train.setup_check import DataFacts

    facts = DataFacts(1500, 200, 5)
    monkeypatch.setattr("app.pages.train.preflight.data_facts", lambda *_: facts)
    monkeypatch.setattr("app.pages.train.preflight.obstacles", lambda _: {})


@pytest.fixture
def closed() -> list[str]:
    return []


@pytest.fixture
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
        qtbot.waitUntil(lambda: page.curves is not None and page.collection.settled, timeout=30_000)
        return page

    return open_page
