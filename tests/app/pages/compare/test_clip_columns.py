"""The columns of the clips' table fill it, or go on to the right where they would be too narrow."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QTableWidget
from pytestqt.qtbot import QtBot

from app.pages.compare.clip_columns import CAPTION, ClipColumns


@pytest.mark.parametrize("systems", [2, 5])
def test_captions_share_the_width(qtbot: QtBot, systems: int) -> None:
    table = QTableWidget(3, systems + 2)
    qtbot.addWidget(table)
    columns = ClipColumns(table)
    table.resize(1200, 300)
    table.show()
    columns.lay_out(systems, gain=True)

    def total() -> int:
        return sum(table.columnWidth(column) for column in range(table.columnCount()))

    qtbot.waitUntil(lambda: total() == table.viewport().width())
    table.resize(1800, 300)
    qtbot.waitUntil(lambda: total() == table.viewport().width() > 1700)
    table.resize(480, 300)
    qtbot.waitUntil(lambda: table.columnWidth(1) == CAPTION)
    assert total() > table.viewport().width()
