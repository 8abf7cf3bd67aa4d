"""The titles of the list of runs are whole, also of the column that it is sorted by."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStyleOptionHeader
from pytestqt.qtbot import QtBot

from app.pages.train.run_list import COLUMNS, RunList
from app.studio import Studio


@pytest.mark.parametrize("column", range(len(COLUMNS)))
def test_a_sorted_column_keeps_its_title(studio: Studio, qtbot: QtBot, column: int) -> None:
    runs = RunList(studio)
    qtbot.addWidget(runs)
    runs.resize(900, 200)
    runs.show()
    runs.tree.sortByColumn(column, Qt.SortOrder.DescendingOrder)
    option = QStyleOptionHeader()
    runs.tree.header().initStyleOptionForIndex(option, column)
    assert option.text == COLUMNS[column]
