"""A combo box that says that its text goes on where there is no room for all of it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent, QPalette
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter

# Between an icon and the text.
_SPARE = 4


class ElidedComboBox(QComboBox):
    """The chosen text with its middle left out; Qt alone would cut it off in a letter."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the box as Qt does, with a text that fits."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        if self.currentIndex() < 0 and self.placeholderText():
            hint = option.palette.placeholderText()
            option.palette.setBrush(QPalette.ColorRole.ButtonText, hint)
            option.currentText = self.placeholderText()
        option.currentText = self.shown_text(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def shown_text(self, option: QStyleOptionComboBox) -> str:
        """Return as much of the text as there is room for."""
        place = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox,
            option,
            QStyle.SubControl.SC_ComboBoxEditField,
            self,
        )
        room = place.width()
        if not option.currentIcon.isNull():
            room -= option.iconSize.width() + _SPARE
        return option.fontMetrics.elidedText(option.currentText, Qt.TextElideMode.ElideMiddle, room)
