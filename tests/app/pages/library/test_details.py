from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.pages.library.details import BREAK, DetailsPane, ValueLabel, breakable


def test_long_words_can_wrap_and_lose_nothing() -> None:
    path = "/home/someone/a-very-long-folder-name/checkpoints/best.safetensors"
    assert BREAK in breakable(path)
    assert breakable(path).replace(BREAK, "") == path
    digest = "9514a8e6fa547bd01fb1badde81c6d10"
    assert breakable(digest).split(BREAK) == ["9514a8e6", "fa547bd0", "1fb1badd", "e81c6d10"]
    assert breakable("a few short words") == "a few short words"


def test_copied_text_is_the_value(qtbot: QtBot) -> None:
    path = "/home/someone/a-very-long-folder-name/best.safetensors"
    label = ValueLabel(path)
    qtbot.addWidget(label)
    label.show()
    label.setSelection(0, len(label.text()))
    qtbot.keyClick(label, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == path


def test_a_long_value_does_not_widen_the_pane(qtbot: QtBot) -> None:
    pane = DetailsPane("Select something.")
    qtbot.addWidget(pane)
    pane.resize(280, 400)
    pane.show()
    assert pane.shown_text() == "Select something."
    pane.show_item("Title" * 40, [("Part", [("Name", "x" * 300), ("Empty", "")])])
    assert pane.widget().minimumSizeHint().width() <= 280
    assert "Empty" not in pane.shown_text()
    pane.clear()
    assert pane.shown_text() == "Select something."
