"""The short line that stands for a run in lists and menus."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap


def swatch(colour: str, dashed: bool, ratio: float = 1.0) -> QIcon:
    """Draw the line that stands for a run: solid for CE, dashed with contrast."""
    pixmap = QPixmap(round(22 * ratio), round(14 * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(QColor(colour), 3.0)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if dashed:
        pen.setDashPattern([1.8, 1.0])
    painter.setPen(pen)
    painter.drawLine(1, 7, 21, 7)
    painter.end()
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)
    return icon
