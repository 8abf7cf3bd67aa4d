"""The look as it is applied: palette, style sheet, and icons that follow light and dark."""

from __future__ import annotations

import weakref
from typing import Any

from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from app.icons import make_icon
from app.palette import DARK, LIGHT, Colours
from app.style_sheet import style_sheet

MODES = ("system", "light", "dark")


def palette_of(colours: Colours) -> QPalette:
    """Build the widget palette of a set of colours."""
    palette = QPalette()
    role = QPalette.ColorRole
    for key, value in (
        (role.Window, colours.window),
        (role.WindowText, colours.text),
        (role.Base, colours.field),
        (role.AlternateBase, colours.window),
        (role.Text, colours.text),
        (role.Button, colours.panel),
        (role.ButtonText, colours.text),
        (role.BrightText, colours.danger),
        (role.PlaceholderText, colours.muted),
        (role.ToolTipBase, colours.panel),
        (role.ToolTipText, colours.text),
        (role.Highlight, colours.accent),
        (role.HighlightedText, colours.on_accent),
        (role.Accent, colours.accent),
        (role.Link, colours.accent),
        (role.LinkVisited, colours.accent),
        (role.Light, colours.panel),
        (role.Midlight, colours.line),
        (role.Mid, colours.line_strong),
        (role.Dark, colours.line_strong),
        (role.Shadow, colours.line),
    ):
        palette.setColor(key, QColor(value))
    for key in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, key, QColor(colours.disabled))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(colours.line))
    return palette


class Theme(QObject):
    """Applies a palette to the application and tells everyone when it changes.

    `mode` is what the user chose ("system", "light" or "dark"), `colours` what is on screen.
    """

    changed = Signal()

    def __init__(self, settings: QSettings | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        global _active
        _active = self
        self._settings = settings
        saved = str(settings.value("theme", "system")) if settings is not None else "system"
        self.mode = saved if saved in MODES else "system"
        self.colours = LIGHT
        self._icons: list[tuple[weakref.ref[Any], str, str]] = []
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._system_changed)
        self._apply()

    def set_mode(self, mode: str) -> None:
        """Choose "system", "light" or "dark"; the choice is remembered."""
        self.mode = mode
        if self._settings is not None:
            self._settings.setValue("theme", mode)
        self._apply()

    def set_icon(self, target: Any, name: str, role: str = "text") -> None:
        """Give a button, action or label an icon in a colour role, now and after every change.

        `name` is a Material Design icon such as "play"; `target` is anything with `setIcon`.
        """
        self._icons = [
            item for item in self._icons if item[0]() is not None and item[0]() is not target
        ]
        self._icons.append((weakref.ref(target), name, role))
        target.setIcon(self.icon(name, role))

    def icon(self, name: str, role: str = "text") -> Any:
        """Return an icon in today's colours; `set_icon` is the one that stays right."""
        return make_icon(name, getattr(self.colours, role), self.colours.disabled)

    def _system_changed(self) -> None:
        if self.mode == "system":
            self._apply()

    def _apply(self) -> None:
        scheme = QGuiApplication.styleHints().colorScheme()
        dark = self.mode == "dark" or (self.mode == "system" and scheme == Qt.ColorScheme.Dark)
        self.colours = DARK if dark else LIGHT
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setPalette(palette_of(self.colours))
            app.setStyleSheet(style_sheet(self.colours))
        for reference, name, role in self._icons:
            target = reference()
            if target is not None and isValid(target):
                target.setIcon(self.icon(name, role))
        self.changed.emit()


_active: Theme | None = None


def current() -> Colours:
    """Return the colours that are on screen."""
    return _active.colours if _active is not None else LIGHT
