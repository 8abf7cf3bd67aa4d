from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.pages.compare.page import ComparePage
from app.studio import Studio
from tests.app.conftest import end
from tests.app.pages.fakes import FakeCaptioner, FakeDataset, make_run

Opener = Callable[..., ComparePage]


@pytest.fixture
def open_page(qtbot: QtBot, studio: Studio, dataset: FakeDataset) -> Iterator[Opener]:
    """Open the page with captioners that need no model; without metrics unless asked for."""
    pages: list[ComparePage] = []

    def opened(
        load: Callable[[Path], FakeCaptioner] = FakeCaptioner, metrics: Sequence[str] = ()
    ) -> ComparePage:
        # An empty tuple would mean all of them.
        page = ComparePage(studio, load=load, metrics=metrics or ("vocabulary",))
        page.resize(1200, 660)
        page.show()
        pages.append(page)
        return page

    yield opened
    end(studio, qtbot)
    for page in pages:
        page.close()
        page.deleteLater()


def two_runs() -> None:
    """Make a run of each kind."""
    make_run("plain", seed=1)
    make_run("with contrast", contrast=True, seed=1)


def ready(page: ComparePage, qtbot: QtBot, rows: int = 6) -> None:
    """Wait until systems and clips are there."""
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.content)
    qtbot.waitUntil(lambda: len(page.model.rows) == rows and len(page.model.systems) >= 2)


def settled(page: ComparePage, qtbot: QtBot) -> None:
    """Wait until nothing goes on."""
    controller = page.controller
    qtbot.waitUntil(lambda: not controller.captioning.busy, timeout=10_000)
    qtbot.waitUntil(
        lambda: not controller.keeper.busy and not page.studio.jobs.running(), timeout=30_000
    )


def captioned(page: ComparePage, qtbot: QtBot) -> None:
    """Click on Caption and wait for captions and scores."""
    qtbot.mouseClick(page.top.button, Qt.MouseButton.LeftButton)
    settled(page, qtbot)
