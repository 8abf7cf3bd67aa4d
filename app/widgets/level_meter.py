"""A level meter with peak hold and a clipping light."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

if TYPE_CHECKING:
    from app.palette import Colours

LOWEST_DB = -70.0
LIGHT = 14
_TICKS = (-60, -40, -20, -6)
# From here on a peak is close to clipping.
_HOT_DB = -6.0


class LevelMeter(QWidget):
    """A bar from -70 dB to full scale: level, peak, held peak, and where quiet begins.

    A press puts the clipping light out. Signal: `reset()`.
    """

    reset = Signal()

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colours = colours
        self._level = self._peak = self._held = LOWEST_DB
        self._quiet: float | None = None
        self._clipped = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(120)
        self.setAccessibleName("Level of the microphone")
        self.setToolTip(
            "Level (bar), peak (line) and what is taken for quiet (mark), in dB of full scale.\n"
            "The light at the right says that the sound was clipped; a click puts it out."
        )

    @property
    def clipped(self) -> bool:
        """Whether the clipping light is on."""
        return self._clipped

    def sizeHint(self) -> QSize:
        """Return one bar with its numbers under it."""
        return QSize(240, 30)

    def show_levels(self, level: float, peak: float, held: float, clipped: bool) -> None:
        """Show levels in dB of full scale; `clipped` lights the light."""
        new = level, peak, held, clipped
        if new != (self._level, self._peak, self._held, self._clipped):
            self._level, self._peak, self._held, self._clipped = new
            state = "clipped" if clipped else "not clipped"
            self.setAccessibleDescription(f"{held:.0f} dB, {state}")
            self.update()

    def set_quiet(self, quiet_db: float) -> None:
        """Mark the level below which nothing is captioned."""
        self._quiet = quiet_db
        self.update()

    def set_colours(self, colours: Colours) -> None:
        """Paint with the colours of the theme."""
        self._colours = colours
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the clipping light out."""
        self.reset.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw bar, marks and light."""
        painter = QPainter(self)
        colours = self._colours
        width = self.width() - LIGHT - 8
        box = QRectF(0.5, 2.5, width - 1, 11)
        painter.setPen(QColor(colours.line_strong))
        painter.setBrush(QColor(colours.field))
        painter.drawRect(box)
        painter.setPen(Qt.PenStyle.NoPen)
        # What is loud is read off the place, not off a colour alone.
        for top, shade in ((self._peak, colours.line_strong), (self._level, colours.success)):
            painter.fillRect(QRectF(1, 3, max(self._x(top, width) - 1, 0), 10), QColor(shade))
        if self._held > LOWEST_DB:
            hot = self._held > _HOT_DB
            line = QColor(colours.danger if hot else colours.text)
            painter.fillRect(QRectF(self._x(self._held, width) - 1, 3, 2, 10), line)
        if self._quiet is not None:
            at = self._x(self._quiet, width)
            painter.fillRect(QRectF(at, 1, 1, 14), QColor(colours.muted))
        painter.setPen(QColor(colours.muted))
        font = self.font()
        font.setPixelSize(10)
        painter.setFont(font)
        for tick in _TICKS:
            text = QRectF(self._x(tick, width) - 20, 15, 40, 14)
            painter.drawText(text, Qt.AlignmentFlag.AlignCenter, f"{tick}".replace("-", "−"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(colours.line_strong))
        painter.setBrush(QColor(colours.danger if self._clipped else colours.field))
        painter.drawEllipse(QRectF(self.width() - LIGHT + 1, 2.5, 11, 11))
        painter.end()

    def _x(self, level: float, width: float) -> float:
        share = (min(level, 0.0) - LOWEST_DB) / -LOWEST_DB
        return max(share, 0.0) * (width - 1)
