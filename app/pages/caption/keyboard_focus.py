"""Keys that mean something on the whole page and on what has the keyboard."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QWidget


def press_focused(but: QWidget) -> bool:
    """Let the space bar press the button or open the choice that the keyboard is on.

    Returns whether there was one, other than `but`, whose key it is anyway.
    """
    focus = QApplication.focusWidget()
    if isinstance(focus, QAbstractButton) and focus is not but:
        focus.click()
        return True
    if isinstance(focus, QComboBox):
        focus.showPopup()
        return True
    return False


def focus_by_tab_alone(pane: QWidget) -> None:
    """Let a click on a button leave the keyboard where it was.

    The space bar would press that button again, and not do what it does on the pane.
    """
    for button in pane.findChildren(QAbstractButton):
        if button.focusPolicy() & Qt.FocusPolicy.TabFocus:
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
