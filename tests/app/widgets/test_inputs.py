"""Fields look alike: where their text begins, how readable a placeholder is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLineEdit, QSpinBox
from pytestqt.qtbot import QtBot

import app
from app.palette import DARK, LIGHT, Colours, contrast
from app.style_sheet import style_sheet
from app.widgets.inputs import indent_text


def test_figures_of_a_spin_box_keep_off_its_border(qtbot: QtBot) -> None:
    box = QSpinBox()
    qtbot.addWidget(box)
    box.setStyleSheet(style_sheet(LIGHT))
    box.setRange(1, 999)
    box.setValue(999)
    indent_text(box)
    box.resize(box.sizeHint())
    box.show()
    edit = box.lineEdit()
    left = edit.x() + edit.textMargins().left()
    assert left >= 5
    # Indented, the longest figure is still whole.
    assert edit.width() - edit.textMargins().left() - 4 >= edit.fontMetrics().horizontalAdvance(
        edit.text()
    )


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_placeholders_can_be_read(qtbot: QtBot, colours: Colours) -> None:
    field = QLineEdit()
    qtbot.addWidget(field)
    field.setStyleSheet(style_sheet(colours))
    field.ensurePolished()
    shown = field.palette().color(QPalette.ColorRole.PlaceholderText)
    assert shown.alpha() == 255
    assert contrast(shown.name(), colours.field) >= 4.5


def test_every_spin_box_of_the_program_is_indented() -> None:
    """What stands in the code: a new spin box is easily forgotten."""
    for path in (Path(app.__file__).parent / "pages").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        made = len(re.findall(r"= Q(?:Double)?SpinBox\(", text))
        assert text.count("indent_text(") == made, path
