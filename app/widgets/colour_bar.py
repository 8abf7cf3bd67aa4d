"""Colour maps of spectrograms, and the bar that says which colour is which level."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

if TYPE_CHECKING:
    from app.palette import Colours

COLOUR_MAPS = {
    "magma": "Magma",
    "viridis": "Viridis",
    "cividis": "Cividis",
    "grey": "Grey",
    "inverse grey": "Inverse grey",
}
BAR_WIDTH = 12
TEXT_LEFT = BAR_WIDTH + 4
RIGHT_MARGIN = 8
# The number of entries that ImageItem maps fast; its own default of 512 takes the slow way.
ENTRIES = 256


@lru_cache(maxsize=len(COLOUR_MAPS))
def lookup_table(name: str) -> np.ndarray:
    """Return the colours of a map as (256, 3) uint8, from the lowest level to the highest."""
    if name in ("grey", "inverse grey"):
        ramp = np.arange(ENTRIES, dtype=np.uint8)
        table = np.repeat((ramp if name == "grey" else ramp[::-1])[:, None], 3, axis=1)
    else:
        table = pg.colormap.get(name).getLookupTable(nPts=ENTRIES, alpha=False)
    return np.ascontiguousarray(table, dtype=np.uint8)


class ColourBar(QWidget):
    """A vertical bar from the lowest to the highest level shown, with ticks in decibels."""

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colours = colours
        self._map = "magma"
        self._low, self._high = -90.0, 0.0
        self.top_margin, self.bottom_margin = 8, 20
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Colour scale in decibels")

    def sizeHint(self) -> QSize:
        """Return the width of the bar and of its widest label."""
        widest = QFontMetrics(self._font()).horizontalAdvance("−140")
        return QSize(TEXT_LEFT + widest + RIGHT_MARGIN, 120)

    def _font(self) -> QFont:
        font = self.font()
        font.setPixelSize(11)
        return font

    def set_map(self, name: str) -> None:
        """Show another colour map."""
        self._map = name
        self.update()

    def set_levels(self, low: float, high: float) -> None:
        """Set the levels in dB at the bottom and the top."""
        self._low, self._high = low, high
        self.setToolTip(f"Colours run from {low:.0f} dB to {high:.0f} dB")
        self.update()

    def set_colours(self, colours: Colours) -> None:
        """Paint with the colours of the theme."""
        self._colours = colours
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bar and as many ticks as fit."""
        painter = QPainter(self)
        table = np.ascontiguousarray(lookup_table(self._map)[::-1])
        image = QImage(table.tobytes(), 1, ENTRIES, 3, QImage.Format.Format_RGB888)
        height = self.height() - self.top_margin - self.bottom_margin
        bar = QRectF(0, self.top_margin, BAR_WIDTH, height)
        painter.drawImage(bar, image)
        painter.setPen(QColor(self._colours.line_strong))
        painter.drawRect(bar)
        painter.setFont(self._font())
        painter.setPen(QColor(self._colours.muted))
        for level in self._ticks(height):
            share = (level - self._low) / max(self._high - self._low, 1e-9)
            y = self.top_margin + height * (1 - share)
            text = f"{level:.0f}".replace("-", "−")
            box = QRectF(TEXT_LEFT, y - 7, self.width() - TEXT_LEFT, 14)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.drawText(QRectF(0, self.height() - self.bottom_margin + 4, 40, 14), "dB")
        painter.end()

    def _ticks(self, height: float) -> list[float]:
        span = self._high - self._low
        step = next((s for s in (5, 10, 20, 50) if height * s / max(span, 1.0) >= 22), 50)
        first = int(np.ceil(self._low / step)) * step
        return [float(level) for level in np.arange(first, self._high + 1e-6, step)]
