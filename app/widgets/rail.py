"""The navigation rail: one labelled icon a page, the theme switch at its foot."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QButtonGroup, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.theme import Theme

THEME_LABELS = {"system": "Follow the system", "light": "Light", "dark": "Dark"}
_THEME_ICONS = {
    "system": "theme-light-dark",
    "light": "white-balance-sunny",
    "dark": "weather-night",
}


class NavigationRail(QWidget):
    """A column of page buttons; `entries` are (name, label, icon, shortcut)."""

    selected = Signal(str)

    def __init__(
        self,
        theme: Theme,
        entries: Sequence[tuple[str, str, str, str]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setProperty("role", "rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(80)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(4)
        self._group = QButtonGroup(self)
        self._names = [entry[0] for entry in entries]
        self.buttons: dict[str, QToolButton] = {}
        for index, (name, label, icon, shortcut) in enumerate(entries):
            button = self._button(label, icon)
            button.setToolTip(f"{label} ({shortcut})")
            button.setCheckable(True)
            self._group.addButton(button, index)
            layout.addWidget(button)
            self.buttons[name] = button
        layout.addStretch()
        self.theme_button = self._button("Theme", _THEME_ICONS[theme.mode])
        self.theme_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.theme_menu = QMenu("Theme", self)
        self._theme_group = QActionGroup(self)
        for mode, label in THEME_LABELS.items():
            action = self.theme_menu.addAction(label)
            action.setCheckable(True)
            action.setData(mode)
            self._theme_group.addAction(action)
        self._theme_group.triggered.connect(lambda action: theme.set_mode(action.data()))
        self.theme_button.setMenu(self.theme_menu)
        layout.addWidget(self.theme_button)
        theme.changed.connect(self._theme_changed)
        self._theme_changed()
        self._group.idClicked.connect(lambda index: self.selected.emit(self._names[index]))

    def set_current(self, name: str) -> None:
        """Mark the page that is shown."""
        self.buttons[name].setChecked(True)

    def _button(self, label: str, icon: str) -> QToolButton:
        button = QToolButton()
        button.setText(label)
        button.setAccessibleName(label)
        button.setIconSize(QSize(24, 24))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._theme.set_icon(button, icon, "text")
        return button

    def _theme_changed(self) -> None:
        mode = self._theme.mode
        self._theme.set_icon(self.theme_button, _THEME_ICONS[mode], "text")
        self.theme_button.setToolTip(f"Theme: {THEME_LABELS[mode].lower()}")
        for action in self._theme_group.actions():
            action.setChecked(action.data() == mode)
