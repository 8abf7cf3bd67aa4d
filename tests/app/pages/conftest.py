from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialog

from tests.app.pages.fakes import FakeDataset


@pytest.fixture
def dataset(monkeypatch: pytest.MonkeyPatch) -> FakeDataset:
    """A small dataset in place of the built-in one."""
    fake = FakeDataset()
    monkeypatch.setattr("core.data.datasets._OPENERS", {"starter-scenes": lambda root: fake})
    return fake


@pytest.fixture
def in_dialog(qapp: QApplication) -> Callable[[Callable[[QDialog], None]], None]:
    """Run something with the next modal dialog while it is open."""

    def arrange(act: Callable[[QDialog], None]) -> None:
        def try_now() -> None:
            dialog = QApplication.activeModalWidget()
            if isinstance(dialog, QDialog):
                act(dialog)
            else:
                QTimer.singleShot(10, try_now)

        QTimer.singleShot(0, try_now)

    return arrange
