"""A table of figures is as high as its texts need, at any width."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.pages.compare.figure_table import FigureTable
from app.studio import Studio

SENTENCE = "B is better than A by 4.9 CIDEr-D points with 9 seeds, 95 % interval 1.2 to 9.9; or so."


@pytest.fixture
def table(qtbot: QtBot, studio: Studio) -> FigureTable:
    assert studio.theme  # The style's padding counts.
    table = FigureTable("Figures")
    qtbot.addWidget(table)
    table.begin(["Metric", "Reading"], ["", ""], 1)
    table.put(0, 0, "CIDEr-D")
    table.put(0, 1, SENTENCE)
    table.resize(900, 100)
    table.settle()
    table.show()
    return table


def test_a_text_that_is_hardly_too_wide_has_two_lines(table: FigureTable, qtbot: QtBot) -> None:
    metrics = QFontMetrics(table.item(0, 1).font())
    one_line = metrics.boundingRect(QRect(0, 0, 9_999, 999), Qt.TextFlag.TextWordWrap, SENTENCE)
    for room in range(one_line.width() - 30, one_line.width() + 30, 6):
        table.resize(table.width() + room - table.columnWidth(1), table.height())
        qtbot.waitUntil(lambda room=room: table.columnWidth(1) == room)  # type: ignore[misc]
        drawn = QRect(0, 0, room - 14, 999)  # 2 x (4 padding + 3 of Qt's own)
        needed = metrics.boundingRect(drawn, Qt.TextFlag.TextWordWrap, SENTENCE).height()
        assert table.rowHeight(0) >= needed
        assert table.height() >= table.rowHeight(0) + table.horizontalHeader().height()


def test_the_table_grows_when_the_window_gets_narrower(table: FigureTable, qtbot: QtBot) -> None:
    wide = table.height()
    table.resize(300, table.height())
    qtbot.waitUntil(lambda: table.height() > wide)
    assert table.rowHeight(0) <= table.height() - table.horizontalHeader().height()


def test_a_table_filled_before_it_is_seen_leaves_no_room_below(
    studio: Studio, qtbot: QtBot
) -> None:
    assert studio.theme
    page = QWidget()
    qtbot.addWidget(page)
    table, column = FigureTable("Figures"), QVBoxLayout(page)
    column.addWidget(table)
    column.addStretch()
    table.resize(120, 30)
    table.begin(["Metric", "Reading"], ["", ""], 3)
    for row in range(3):
        table.put(row, 0, "CIDEr-D")
        table.put(row, 1, SENTENCE)
    table.settle()
    page.resize(1400, 500)
    page.show()

    def needed() -> int:
        bar = table.horizontalScrollBar().sizeHint().height()
        rows = sum(table.rowHeight(row) for row in range(3))
        return rows + table.horizontalHeader().height() + bar

    qtbot.waitUntil(lambda: table.rowHeight(0) < 40)
    qtbot.waitUntil(lambda: table.height() == needed(), timeout=2000)


def test_a_long_name_leaves_the_figures_in_sight(studio: Studio, qtbot: QtBot) -> None:
    assert studio.theme
    table = FigureTable("Figures")
    qtbot.addWidget(table)
    table.resize(1200, 200)
    table.begin(["System", *(f"Metric {n}" for n in range(6))], [""] * 7, 2)
    for row, name in enumerate(["A  short", f"B  {'a title that goes on ' * 6}"]):
        table.put(row, 0, name)
        for column in range(1, 7):
            table.put(row, column, "0.123\n0.100 to 0.150")
    table.settle()
    table.show()
    qtbot.waitUntil(lambda: table.columnWidth(0) <= 0.3 * table.viewport().width() + 1)
    qtbot.waitUntil(lambda: table.horizontalScrollBar().maximum() == 0)
    name = table.item(1, 0)
    room = QRect(0, 0, table.columnWidth(0) - 14, 999)
    metrics = QFontMetrics(name.font())
    needed = metrics.boundingRect(room, Qt.TextFlag.TextWordWrap, name.text()).height()
    assert table.rowHeight(1) >= needed > metrics.height()
    # A short name takes no more than it needs.
    table.begin(["System", "Metric"], ["", ""], 1)
    table.put(0, 0, "A  short")
    table.settle()
    assert table.columnWidth(0) < 100
