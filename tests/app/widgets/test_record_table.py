from __future__ import annotations

from dataclasses import dataclass

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.widgets.record_model import Column
from app.widgets.record_table import RecordTable


@dataclass(frozen=True)
class Item:
    name: str
    size: int | None
    note: str = ""


COLUMNS: tuple[Column[Item], ...] = (
    Column("Name", lambda r: r.name, width=100),
    Column("Size", lambda r: str(r.size), lambda r: r.size, right=True, width=80),
)
ITEMS = [Item("b", 10), Item("a", 9), Item("c", None, "hidden words")]


@pytest.fixture
def table(qtbot: QtBot) -> RecordTable[Item]:
    made: RecordTable[Item] = RecordTable(
        COLUMNS,
        identity=lambda r: r.name,
        search_text=lambda r: f"{r.name} {r.note}",
        name="Items",
    )
    made.resize(400, 200)
    qtbot.addWidget(made)
    made.show()
    made.set_records(ITEMS)
    return made


def names(table: RecordTable[Item]) -> str:
    return "".join(item.name for item in table.shown())


def click_title(table: RecordTable[Item], column: int, qtbot: QtBot) -> None:
    header = table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(column) + 8, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_order_is_the_given_one_until_a_title_is_clicked(
    table: RecordTable[Item], qtbot: QtBot
) -> None:
    assert names(table) == "bac"
    click_title(table, 0, qtbot)
    assert names(table) == "abc"


def test_missing_values_stand_last_both_ways(table: RecordTable[Item], qtbot: QtBot) -> None:
    click_title(table, 1, qtbot)
    assert names(table) == "abc"
    click_title(table, 1, qtbot)
    assert names(table) == "bac"


def test_search_takes_all_words_and_hidden_text(table: RecordTable[Item]) -> None:
    table.set_search("WORDS hid")
    assert names(table) == "c"
    table.set_search("words a")
    assert names(table) == ""
    table.set_search("")
    table.set_condition(lambda item: item.size is not None)
    assert names(table) == "ba"


def test_the_selection_survives_new_records(table: RecordTable[Item], qtbot: QtBot) -> None:
    assert table.select("a")
    with qtbot.assertNotEmitted(table.delete_pressed):
        table.set_records([Item("z", 1), Item("a", 5)])
    current = table.current()
    assert current is not None
    assert current.size == 5
    with qtbot.waitSignal(table.current_changed) as changed:
        table.set_records([Item("z", 1)])
    assert changed.args == [None]
    assert table.current() is None


def test_keys(table: RecordTable[Item], qtbot: QtBot) -> None:
    table.select("b")
    with qtbot.waitSignal(table.delete_pressed):
        qtbot.keyClick(table, Qt.Key.Key_Delete)
    with qtbot.waitSignal(table.activated_record) as activated:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    assert activated.args[0].name == "b"


def test_columns_fill_the_width_until_the_user_chooses(table: RecordTable[Item]) -> None:
    total = table.columnWidth(0) + table.columnWidth(1)
    assert total == table.viewport().width()
    table.resize(600, 200)
    assert table.columnWidth(0) + table.columnWidth(1) == table.viewport().width()
    table.horizontalHeader().resizeSection(1, 300)
    table.resize(500, 200)
    assert table.columnWidth(1) == 300


def test_tens_of_thousands_of_rows_are_searched_and_sorted(table: RecordTable[Item]) -> None:
    many = [Item(f"clip {number}", -number, f"kind-{number % 7}") for number in range(30_000)]
    table.set_records(many)
    table.select("clip 20")
    table.set_search("clip KIND-6")
    assert len(table.shown()) == 4285
    current = table.current()
    assert current is not None and current.name == "clip 20"
    table.horizontalHeader().setSortIndicator(1, Qt.SortOrder.AscendingOrder)
    assert table.shown()[0].name == "clip 29994"
    assert table.current() is current
    table.set_search("kind-5")
    assert table.current() is None


def test_a_long_list_is_fitted_by_a_look_at_some_of_its_rows(qtbot: QtBot) -> None:
    asked: list[Item] = []

    def size(item: Item) -> str:
        asked.append(item)
        return str(item.size)

    columns: tuple[Column[Item], ...] = (COLUMNS[0], Column("Size", size, width=300))
    table: RecordTable[Item] = RecordTable(columns, identity=lambda r: r.name, name="Items")
    qtbot.addWidget(table)
    table.resize(600, 200)
    table.show()
    table.set_records([Item(str(n), 10**12 if n % 50 == 7 else n % 10) for n in range(50_000)])
    assert 0 < len(asked) < 2_000
    widest = table.fontMetrics().horizontalAdvance(str(10**12))
    assert widest < table.columnWidth(1) < widest + 60
