"""A segmented control: one of a few, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QToolButton, QWidget


class Segments(QWidget):
    """Mutually exclusive buttons; `options` are (value, text) or (value, text, tooltip)."""

    changed = Signal(str)

    def __init__(
        self,
        options: Sequence[tuple[str, ...]],
        stretch: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "segments")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QToolButton] = {}
        for index, option in enumerate(options):
            button = QToolButton()
            button.setText(option[1])
            button.setToolTip(option[2] if len(option) > 2 else "")
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            place = {0: "first", len(options) - 1: "last"}.get(index, "middle")
            button.setProperty("place", place)
            if stretch:
                button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self._group.addButton(button, index)
            layout.addWidget(button)
            self.buttons[option[0]] = button
        if not stretch:
            layout.addStretch()
        self._values = [option[0] for option in options]
        if self._values:
            self.buttons[self._values[0]].setChecked(True)
        self._group.idClicked.connect(self._clicked)

    @property
    def value(self) -> str:
        """The chosen value."""
        return self._values[self._group.checkedId()]

    def set_value(self, value: str) -> None:
        """Choose without telling; unknown values are ignored."""
        button = self.buttons.get(value)
        if button is not None:
            button.setChecked(True)

    def _clicked(self, index: int) -> None:
        self.changed.emit(self._values[index])
