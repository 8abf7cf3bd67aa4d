"""All of the sound in a strip, with a frame around the part in view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.widgets.time_plot import LEFT_AXIS_WIDTH, RIGHT_MARGIN
from core.audio.envelope import Envelope

if TYPE_CHECKING:
    from app.palette import Colours

HEIGHT = 24
NARROWEST_FRAME = 6.0


class OverviewStrip(QWidget):
    """Signal: `moved(seconds)`, where the middle of the view shall be."""

    moved = Signal(float)

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colours = colours
        self._envelope: Envelope | None = None
        self._outline: QPixmap | None = None
        self._range = 0.0, 0.0
        self._playhead: float | None = None
        self._grip = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Overview")
        self.setToolTip("The whole sound; drag the frame to move the view")

    def sizeHint(self) -> QSize:
        """Return a flat strip."""
        return QSize(200, HEIGHT)

    def show_envelope(self, envelope: Envelope | None) -> None:
        """Show a sound; None shows nothing."""
        self._envelope = envelope
        self.refresh()

    def refresh(self) -> None:
        """Draw again what has changed in the envelope."""
        self._outline = None
        self.update()

    def set_range(self, start: float, end: float) -> None:
        """Say which part is in view, in seconds."""
        self._range = start, end
        self.update()

    def set_playhead(self, seconds: float | None) -> None:
        """Move the playhead; None hides it."""
        before, self._playhead = self._playhead, seconds
        for place in (before, seconds):
            if place is not None:
                self.update(int(self._x_of(place)) - 2, 0, 5, self.height())

    def set_colours(self, colours: Colours) -> None:
        """Paint with the colours of the theme."""
        self._colours = colours
        self.refresh()

    @property
    def _duration(self) -> float:
        return 0.0 if self._envelope is None else self._envelope.duration

    def _track(self) -> tuple[float, float]:
        return float(LEFT_AXIS_WIDTH), max(float(self.width() - RIGHT_MARGIN), LEFT_AXIS_WIDTH + 1)

    def _x_of(self, seconds: float) -> float:
        left, right = self._track()
        share = seconds / self._duration if self._duration > 0 else 0.0
        return left + (right - left) * min(max(share, 0.0), 1.0)

    def _seconds_at(self, x: float) -> float:
        left, right = self._track()
        return self._duration * min(max((x - left) / (right - left), 0.0), 1.0)

    def _frame(self) -> QRectF:
        left, right = self._x_of(self._range[0]), self._x_of(self._range[1])
        if right - left < NARROWEST_FRAME:
            middle = (left + right) / 2
            left, right = middle - NARROWEST_FRAME / 2, middle + NARROWEST_FRAME / 2
        return QRectF(left, 1.5, right - left, self.height() - 3)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw outline, frame and playhead."""
        if self._envelope is None:
            return
        painter = QPainter(self)
        if self._outline is None:
            self._outline = self._paint_outline(self._envelope)
        painter.drawPixmap(0, 0, self._outline)
        start, end = self._range
        if end - start < self._duration * 0.999:
            veil = QColor(self._colours.panel)
            veil.setAlpha(150)
            frame = self._frame()
            left, right = self._track()
            painter.fillRect(QRectF(left, 0, frame.left() - left, self.height()), veil)
            painter.fillRect(QRectF(frame.right(), 0, right - frame.right(), self.height()), veil)
            painter.setPen(QColor(self._colours.muted))
            painter.drawRoundedRect(frame, 2, 2)
        if self._playhead is not None:
            painter.setPen(QColor(self._colours.accent))
            x = self._x_of(self._playhead)
            painter.drawLine(int(x), 0, int(x), self.height())
        painter.end()

    def _paint_outline(self, envelope: Envelope) -> QPixmap:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        left, right = self._track()
        columns = max(int(right - left), 1)
        x, y = envelope.between(0.0, envelope.duration, columns)
        painter = QPainter(pixmap)
        painter.setPen(QColor(self._colours.muted))
        middle = self.height() / 2
        heights = np.clip(y / envelope.peak, -1.0, 1.0) * (middle - 3)
        for place in range(0, len(x) - 1, 2):
            column = int(self._x_of(float(x[place])))
            painter.drawLine(
                column, int(middle - heights[place + 1]), column, int(middle - heights[place])
            )
        painter.end()
        return pixmap

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Grip the frame, or bring it here."""
        if self._envelope is None or event.button() != Qt.MouseButton.LeftButton:
            return
        x, frame = event.position().x(), self._frame()
        self._grip = x - frame.center().x() if frame.contains(x, frame.center().y()) else 0.0
        self._move_to(x)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the frame."""
        if event.buttons() & Qt.MouseButton.LeftButton and self._envelope is not None:
            self._move_to(event.position().x())

    def _move_to(self, x: float) -> None:
        self.moved.emit(self._seconds_at(x - self._grip))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw the outline anew in the new width."""
        super().resizeEvent(event)
        self._outline = None
