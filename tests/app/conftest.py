"""Every test of the window: no screen, a home folder of its own, nothing left running after it."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSize
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import core.config  # noqa: F401  (before Qt, as the application does)
from app.application import make_application
from app.studio import Studio
from app.window import MainWindow


@pytest.fixture(scope="session", autouse=True)
def quick_collection() -> Iterator[None]:
    """Leave what the imports made out of the collections after each test."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def no_leaks(qapp: QApplication) -> Iterator[None]:
    """No thread and no window outlives its test."""
    make_application()
    before = set(threading.enumerate())
    yield
    flush()
    left = [
        thread
        for thread in threading.enumerate()
        if thread not in before
        and thread.is_alive()
        and not isinstance(thread, threading._DummyThread)
    ]
    assert not left, f"threads left running: {left}"
    shown = [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
    assert not shown, f"windows left open: {shown}"


@pytest.fixture(autouse=True)
def large_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The screen that is none would be one of 800 x 800."""
    monkeypatch.setattr(QScreen, "availableSize", lambda _screen: QSize(1920, 1080))


@pytest.fixture
def studio(qtbot: QtBot, home: Path) -> Iterator[Studio]:
    """The shared context, its work stopped and waited for at the end."""
    context = Studio()
    context.theme.set_mode("light")
    yield context
    end(context, qtbot)


@pytest.fixture
def window(qtbot: QtBot, studio: Studio) -> Iterator[MainWindow]:
    """The main window with no page yet, shown at 1280 x 720."""
    main = MainWindow(studio)
    main.resize(1280, 720)
    main.show()
    yield main
    end(studio, qtbot)
    main.close()
    main.deleteLater()
    flush()


def end(studio: Studio, qtbot: QtBot) -> None:
    """Stop all work and wait for its threads."""
    studio.jobs.stop_all()
    qtbot.waitUntil(lambda: not studio.jobs.running(), timeout=20_000)
    studio.jobs.shut_down()
    flush()


def flush() -> None:
    """Let deferred deletions happen now."""
    for _ in range(3):
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
