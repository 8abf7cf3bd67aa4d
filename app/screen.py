"""How much of the screen a window may take."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

# What a window manager's frame takes, which Qt knows only once the window is shown.
FRAME = QSize(8, 36)


def fitting(window: QWidget, wanted: QSize) -> QSize:
    """Return that size, or as much of it as the window's screen can show whole."""
    return wanted.boundedTo(window.screen().availableSize() - FRAME)
