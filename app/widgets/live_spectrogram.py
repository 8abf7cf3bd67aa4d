"""A spectrogram that scrolls while a sound is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.texts import clock_text
from app.widgets.colour_bar import lookup_table
from app.widgets.time_plot import LEFT_AXIS_WIDTH, RIGHT_MARGIN
from core.audio.frequency_scale import FrequencyScale
from core.live.monitor import COLUMN_SECONDS, ROWS

if TYPE_CHECKING:
    from app.palette import Colours

SECONDS = 20.0
RANGE_DB = 70.0
# The brightest colour follows the loudest level in view, in steps that the eye does not notice.
_STEP_DB = 6.0
_QUIETEST_TOP_DB = -50.0
_BOTTOM = 22
_TOP = 6
_TICK_SPACING = 34


class LiveSpectrogram(QWidget):
    """The last 20 seconds, the newest at the right edge.

    Columns are kept in a ring that is written twice, half its width apart, so that the picture is
    always one piece of it and nothing is ever moved.
    """

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colours = colours
        self._scale: FrequencyScale | None = None
        self._count = round(SECONDS / COLUMN_SECONDS)
        self._levels = np.full((ROWS, self._count), -np.inf, np.float32)
        self._picture = np.zeros((ROWS, 2 * self._count), np.uint8)
        self._at = 0
        self._shown = 0
        self._top = _QUIETEST_TOP_DB
        self._seconds = 0.0
        self._table: list[int] = []
        self._hint = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(120)
        self.setAccessibleName("Live spectrogram")
        self.set_map("magma")

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(800, 260)

    @property
    def span(self) -> tuple[float, float]:
        """The seconds of the take at the left and at the right edge."""
        return self._seconds - SECONDS, self._seconds

    def clear(self, scale: FrequencyScale | None) -> None:
        """Forget what is shown and begin with another frequency axis."""
        self._scale = scale
        self._levels.fill(-np.inf)
        self._picture.fill(0)
        self._at, self._shown, self._seconds, self._top = 0, 0, 0.0, _QUIETEST_TOP_DB
        self.update()

    def set_hint(self, hint: str) -> None:
        """Say in the empty picture what will be in it."""
        self._hint = hint
        self.update()

    def append(self, columns: NDArray[np.float32], seconds: float) -> None:
        """Show further columns (m, rows) in dB; the take is `seconds` long with them."""
        columns = columns[-self._count :]
        if not len(columns):
            return
        places = (self._at + np.arange(len(columns))) % self._count
        self._levels[:, places] = columns.T[::-1]
        self._at = (self._at + len(columns)) % self._count
        self._shown = min(self._shown + len(columns), self._count)
        self._seconds = seconds
        top = self._wanted_top()
        if top != self._top:
            self._top = top
            places = np.arange(self._count)
        shades = self._shades(self._levels[:, places])
        self._picture[:, places] = shades
        self._picture[:, places + self._count] = shades
        self.update()

    def set_map(self, name: str) -> None:
        """Choose the colour map."""
        colours = lookup_table(name).astype(np.int64)
        packed = 0xFF000000 | colours[:, 0] << 16 | colours[:, 1] << 8 | colours[:, 2]
        self._table = packed.tolist()
        self.update()

    def set_colours(self, colours: Colours) -> None:
        """Paint with the colours of the theme."""
        self._colours = colours
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw picture and axes."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._colours.panel))
        box = QRectF(
            LEFT_AXIS_WIDTH,
            _TOP,
            max(self.width() - LEFT_AXIS_WIDTH - RIGHT_MARGIN, 1),
            max(self.height() - _TOP - _BOTTOM, 1),
        )
        painter.fillRect(box, QColor(self._colours.window))
        if self._shown:
            width = 2 * self._count
            image = QImage(self._picture.data, width, ROWS, width, QImage.Format.Format_Indexed8)
            image.setColorTable(self._table)
            first = self._at + self._count - self._shown
            share = self._shown / self._count
            target = QRectF(box.right() - box.width() * share, box.top(), 0, box.height())
            target.setRight(box.right())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, image, QRectF(QRect(first, 0, self._shown, ROWS)))
        self._draw_axes(painter, box)
        if not self._shown and self._hint:
            painter.setFont(self.font())
            painter.setPen(QColor(self._colours.muted))
            wrapped = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(box.adjusted(24, 8, -24, -8), wrapped, self._hint)
        painter.end()

    def _draw_axes(self, painter: QPainter, box: QRectF) -> None:
        colours = self._colours
        font = self.font()
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(QColor(colours.line_strong))
        painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))
        painter.setPen(QColor(colours.muted))
        if self._scale is not None:
            for tick in self._scale.ticks(max(2, int(box.height() / _TICK_SPACING))):
                y = box.bottom() - tick.position * box.height()
                line = QRectF(0, y - 8, LEFT_AXIS_WIDTH - 6, 16)
                aside = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                painter.drawText(line, aside, tick.label)
        start, end = self.span
        for second in range(max(0, int(start) + 1), int(end) + 1):
            if second % 5 == 0:
                x = box.left() + (second - start) / SECONDS * box.width()
                place = QRectF(x - 30, box.bottom() + 3, 60, 16)
                if place.left() >= box.left() - 30 and place.right() <= self.width():
                    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, clock_text(second))

    def _shades(self, levels: NDArray[np.float32]) -> NDArray[np.uint8]:
        share = (levels - (self._top - RANGE_DB)) / RANGE_DB
        return np.asarray(np.clip(share, 0.0, 1.0) * 255, np.uint8)

    def _wanted_top(self) -> float:
        loudest = float(self._levels.max())
        step = np.ceil(max(loudest, _QUIETEST_TOP_DB) / _STEP_DB) * _STEP_DB
        # Down only when clearly quieter, or the colours would flicker.
        return float(step) if step > self._top or step < self._top - _STEP_DB else self._top
