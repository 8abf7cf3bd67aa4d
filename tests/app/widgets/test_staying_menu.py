"""A menu to tick several things in."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.widgets.staying_menu import StayingMenu


def test_it_stays_open_while_entries_are_ticked(qtbot: QtBot) -> None:
    menu = StayingMenu()
    qtbot.addWidget(menu)
    one, other = menu.addAction("one"), menu.addAction("other")
    one.setCheckable(True)
    other.setCheckable(True)
    menu.popup(menu.pos())
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(one).center())
    assert one.isChecked() and menu.isVisible()
    menu.setActiveAction(other)
    qtbot.keyClick(menu, Qt.Key.Key_Space)
    assert other.isChecked() and menu.isVisible()
    qtbot.keyClick(menu, Qt.Key.Key_Escape)
    assert not menu.isVisible()


def test_the_click_that_opens_it_ticks_nothing(qtbot: QtBot) -> None:
    """A long menu covers the button, and the button of the mouse is let go over an entry."""
    menu = StayingMenu()
    qtbot.addWidget(menu)
    one = menu.addAction("one")
    one.setCheckable(True)
    menu.popup(menu.pos())
    place = menu.actionGeometry(one).center()
    qtbot.mouseRelease(menu, Qt.MouseButton.LeftButton, pos=place)
    assert not one.isChecked() and menu.isVisible()
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=place)
    assert one.isChecked()
