"""Inputs that behave in a scrolling pane: numbers as text, combo boxes that ignore the wheel."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QLineEdit, QSizePolicy, QWidget

from app.widgets.elided_combo import ElidedComboBox

_MOST_NUMBERS = 1000


class QuietComboBox(ElidedComboBox):
    """A combo box that the wheel does not change while the pane around it is scrolled."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumContentsLength(6)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the pane."""
        event.ignore()

    def showPopup(self) -> None:
        """Make the list as wide as its longest entry."""
        view = self.view()
        view.setMinimumWidth(min(view.sizeHintForColumn(0) + 32, 480))
        super().showPopup()

    def set_data(self, value: Any) -> None:
        """Choose the entry with this data, adding it when it is not there."""
        index = self.findData(value)
        if index < 0:
            self.addItem(str(value), value)
            index = self.count() - 1
        self.setCurrentIndex(index)


def indent_text(box: QAbstractSpinBox) -> None:
    """Keep the figure of a spin box as far from the border as every other field does.

    Qt forgets the padding of the style sheet where the arrows are drawn by it, too.
    """
    box.lineEdit().setTextMargins(5, 0, 0, 0)


class NumberEdit(QLineEdit):
    """A number as text, always with a decimal point; the arrow keys step it.

    Whole numbers step by one (ten with Shift), others by one in their first digit.
    """

    def __init__(self, whole: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.whole = whole

    def number(self) -> int | float | None:
        """Return the number, or None when the text is none."""
        text = self.text().strip().replace(" ", "")
        try:
            if self.whole:
                return int(text)
            value = float(text)
        except ValueError:
            return None
        return value if math.isfinite(value) else None

    def set_number(self, value: int | float) -> None:
        """Write a number the shortest way."""
        self.setText(str(value) if self.whole else number_text(float(value)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step with the arrow keys."""
        direction = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()), 0)
        number = self.number()
        if not direction or number is None:
            super().keyPressEvent(event)
            return
        if self.whole:
            far = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self.set_number(number + direction * (10 if far else 1))
        else:
            self.set_number(step_first_digit(float(number), direction))
        # As if typed, so that whoever listens to typing hears of it.
        self.textEdited.emit(self.text())


class NumbersEdit(QLineEdit):
    """Whole numbers separated by commas, such as "1, 2, 3"; ranges such as "1-5" may stand too."""

    def numbers(self) -> list[int] | None:
        """Return the numbers, or None when the text is anything else."""
        found: list[int] = []
        for part in filter(None, re.split(r"[,;\s]+", self.text().strip())):
            match = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
            if match is None:
                return None
            first = int(match[1])
            last = int(match[2] or first)
            if last < first or last - first >= _MOST_NUMBERS:
                return None
            found += range(first, last + 1)
        return found

    def set_numbers(self, numbers: Sequence[int]) -> None:
        """Write the numbers."""
        self.setText(", ".join(str(number) for number in numbers))


def number_text(value: float) -> str:
    """Write 0.0005 as "0.0005", 1e-8 as "1e-8" and 2.0 as "2"."""
    text = f"{value:.12g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        return f"{mantissa}e{int(exponent)}"
    return text


def step_first_digit(value: float, direction: int) -> float:
    """Change a number by one in its first digit: 0.0005 to 0.0006, 0.1 down to 0.09."""
    if value == 0:
        return 0.1 if direction > 0 else 0.0
    size = 10.0 ** math.floor(math.log10(abs(value)) + 1e-9)
    if direction < 0 and abs(value) <= size * (1 + 1e-9):
        size /= 10
    return float(f"{value + direction * size:.6g}")
