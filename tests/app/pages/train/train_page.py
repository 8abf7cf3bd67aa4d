"""What a person does on the Train page, for its tests."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.pages.train.page import TrainPage
from core import paths

Opened = Callable[[], TrainPage]


def click(button: object, qtbot: QtBot) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def only_key() -> str:
    (folder,) = paths.runs_dir().iterdir()
    return str(folder)


def wait_for_steps(page: TrainPage, key: str, count: int, qtbot: QtBot) -> None:
    def enough() -> bool:
        history = page.collection.history(key)
        return history is not None and history.steps.length >= count

    qtbot.waitUntil(enough, timeout=30_000)


def start(page: TrainPage, qtbot: QtBot) -> str:
    """Start a run; return its folder, "" where it waits in the queue."""
    before = set(paths.runs_dir().iterdir())
    click(page.setup.start, qtbot)
    new = set(paths.runs_dir().iterdir()) - before
    return str(new.pop()) if new else ""
