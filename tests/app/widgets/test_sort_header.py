"""The arrow of the sorted column stands beside its title and covers nothing of it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QTreeWidget
from pytestqt.qtbot import QtBot

from app.studio import Studio
from app.widgets.sort_header import SortHeader

RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@pytest.fixture
def tree(qtbot: QtBot, studio: Studio) -> QTreeWidget:
    made = QTreeWidget()
    qtbot.addWidget(made)
    made.setHeader(SortHeader(made))
    made.setHeaderLabels(["Run", "Best"])
    made.headerItem().setTextAlignment(1, RIGHT)
    made.header().setStretchLastSection(False)
    made.header().resizeSection(0, 100)
    made.header().resizeSection(1, 70)
    made.resize(300, 100)
    made.show()
    return made


@pytest.mark.parametrize(("column", "left", "right"), [(0, 0, 0.3), (1, 0.6, 1)])
def test_a_sorted_title_is_whole(tree: QTreeWidget, column: int, left: float, right: float) -> None:
    header = tree.header()
    width = header.sectionSize(column)
    start = header.sectionPosition(column)
    title = QRect(start + round(left * width), 0, round((right - left) * width), header.height())
    plain = header.grab()
    tree.setSortingEnabled(True)
    tree.sortByColumn(column, Qt.SortOrder.DescendingOrder)
    arrowed = header.grab()
    assert arrowed.copy(title).toImage() == plain.copy(title).toImage()
    assert arrowed.toImage() != plain.toImage()


def test_the_arrow_stays_in_a_narrow_column(tree: QTreeWidget) -> None:
    header = tree.header()
    assert isinstance(header, SortHeader)
    narrow = QRect(0, 0, 24, 20)
    assert all(3 < header.arrow_place(narrow, column) < 21 for column in (0, 1))
