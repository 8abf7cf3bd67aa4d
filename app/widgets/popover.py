"""A small panel that opens under a button and closes at a click beside it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFormLayout, QFrame, QLabel, QToolButton, QWidget


class Popover(QFrame):
    """A form that belongs to a button; `add_row` fills it."""

    def __init__(self, button: QToolButton) -> None:
        super().__init__(button, Qt.WindowType.Popup)
        self.setProperty("role", "panel")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._button = button
        self.form = QFormLayout(self)
        self.form.setContentsMargins(16, 12, 16, 12)
        self.form.setHorizontalSpacing(16)
        self.form.setVerticalSpacing(8)
        button.clicked.connect(self.open)

    def add_title(self, text: str) -> None:
        """Add a line that names the rows after it."""
        title = QLabel(text)
        title.setProperty("role", "section")
        self.form.addRow(title)

    def add_row(self, text: str, field: QWidget, hint: str = "") -> None:
        """Add a labelled field; `hint` is its tool tip."""
        label = QLabel(text)
        label.setBuddy(field)
        field.setAccessibleName(text)
        for part in (label, field):
            part.setToolTip(hint)
        self.form.addRow(label, field)

    def open(self) -> None:
        """Show the panel under its button, inside of the screen."""
        self.adjustSize()
        place = self._button.mapToGlobal(QPoint(0, self._button.height() + 2))
        area = self._button.screen().availableGeometry()
        if place.y() + self.height() > area.bottom():
            place = self._button.mapToGlobal(QPoint(0, -self.height() - 2))
        right = max(area.right() - self.width(), area.left())
        place.setX(min(max(place.x(), area.left()), right))
        self.move(place)
        self.show()
