"""A text that does not fit into its box says so."""

from __future__ import annotations

from PySide6.QtWidgets import QStyleOptionComboBox
from pytestqt.qtbot import QtBot

from app.studio import Studio
from app.widgets.elided_combo import ElidedComboBox
from app.widgets.inputs import QuietComboBox


def option_of(box: ElidedComboBox, text: str = "") -> QStyleOptionComboBox:
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    if text:
        option.currentText = text
    return option


def shown(box: ElidedComboBox) -> str:
    return box.shown_text(option_of(box))


def test_the_middle_is_left_out(qtbot: QtBot, studio: Studio) -> None:
    assert studio.theme  # The style's padding counts.
    for box in (ElidedComboBox(), QuietComboBox()):
        qtbot.addWidget(box)
        box.addItems(["CE + audio-text matching · seed 42 · best", "CE"])
        box.setFixedWidth(138)
        box.show()
        text = shown(box)
        assert text.startswith("CE + ") and text.endswith("best") and "…" in text
        assert box.fontMetrics().horizontalAdvance(text) < 120
        box.grab()
        assert box.shown_text(option_of(box, "caption NT-Xent")) == "caption NT-Xent"
        box.setCurrentIndex(1)
        assert shown(box) == "CE"


def test_an_empty_box_shows_what_it_is_for(qtbot: QtBot, studio: Studio) -> None:
    assert studio.theme
    box = ElidedComboBox()
    qtbot.addWidget(box)
    box.resize(200, 30)
    box.show()
    blank = box.grab().toImage()
    box.setPlaceholderText("Reading...")
    assert box.grab().toImage() != blank
