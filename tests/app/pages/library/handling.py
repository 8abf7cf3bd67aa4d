"""What tests of the Library do with its tabs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialog, QFileDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.pages.library.page import LibraryPage
from app.studio import Studio
from tests.app.conftest import end

InDialog = Callable[[Callable[[QDialog], None]], None]


def shown(studio: Studio, qtbot: QtBot) -> Iterator[LibraryPage]:
    """Show a Library; its work is waited for at the end. For fixtures: `yield from`."""
    page = LibraryPage(studio)
    page.resize(1200, 660)
    page.show()
    yield page
    end(studio, qtbot)
    page.close()
    page.deleteLater()


def choose(monkeypatch: pytest.MonkeyPatch, path: Path) -> list[str]:
    """Answer with this path whatever is asked; return where the questions began."""
    asked: list[str] = []

    def answer(_parent: QWidget, _title: str, start: str, _kinds: str) -> tuple[str, str]:
        asked.append(start)
        return str(path), ""

    for name in ("getOpenFileName", "getSaveFileName"):
        monkeypatch.setattr(QFileDialog, name, staticmethod(answer))
    return asked


def open_tab(page: LibraryPage, tab: QWidget, qtbot: QtBot, rows: int) -> None:
    page.tabs.setCurrentWidget(tab)
    qtbot.waitUntil(lambda: len(tab.table.records()) == rows)


def button_of(tab: QWidget, text: str) -> QPushButton:
    return next(one for one in tab.findChildren(QPushButton) if one.text() == text)
