"""Captions at their times, in a lane under the spectrogram."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.texts import clock_text
from app.widgets.time_plot import LEFT_AXIS_WIDTH, RIGHT_MARGIN

if TYPE_CHECKING:
    from app.palette import Colours

HEIGHT = 26
# A letter and an ellipsis tell nothing.
NARROWEST_TEXT = 40

Label = tuple[float, float, str]


class TimelineLane(QWidget):
    """Boxes from start to end seconds with a text each. Signal: `chosen(index)`."""

    chosen = Signal(int)

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colours = colours
        self._labels: list[Label] = []
        self._starts: list[float] = []
        self._range = 0.0, 1.0
        self._current = -1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Timeline of captions")

    def sizeHint(self) -> QSize:
        """Return one row of text."""
        return QSize(200, HEIGHT)

    def show_labels(self, labels: Sequence[Label]) -> None:
        """Show boxes in order of time that do not overlap."""
        self._labels = list(labels)
        self._starts = [start for start, _, _ in labels]
        self.setAccessibleDescription(f"{len(labels)} captions")
        self.update()

    def set_current(self, index: int) -> None:
        """Mark one box; -1 marks none."""
        if index != self._current:
            self._current = index
            self.update()

    def set_range(self, start: float, end: float) -> None:
        """Say which part of the time axis is in view, in seconds."""
        self._range = start, end
        self.update()

    def set_colours(self, colours: Colours) -> None:
        """Paint with the colours of the theme."""
        self._colours = colours
        self.update()

    def index_at(self, seconds: float) -> int:
        """Return the box at a time, or -1."""
        index = bisect_right(self._starts, seconds) - 1
        return index if index >= 0 and seconds < self._labels[index][1] else -1

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the boxes in view; where many are too narrow to read, their edges alone."""
        painter = QPainter(self)
        left, right = LEFT_AXIS_WIDTH, self.width() - RIGHT_MARGIN
        painter.setClipRect(QRectF(left, 0, right - left, self.height()))
        colours = self._colours
        metrics = painter.fontMetrics()
        first = max(bisect_right(self._starts, self._range[0]) - 1, 0)
        for index in range(first, len(self._labels)):
            start, end, text = self._labels[index]
            if start >= self._range[1]:
                break
            box = QRectF(self._x_of(start), 2.5, 0, self.height() - 5)
            box.setRight(max(self._x_of(end) - 1.0, box.left() + 1.0))
            marked = index == self._current
            painter.setPen(QColor(colours.accent if marked else colours.line_strong))
            painter.setBrush(QColor(colours.selected if marked else colours.hover))
            painter.drawRoundedRect(box, 3, 3)
            # The text stays in view while its box leaves it.
            inside = box.intersected(QRectF(left, 0, right - left, self.height()))
            inside.adjust(6, 0, -4, 0)
            if inside.width() >= NARROWEST_TEXT:
                painter.setPen(QColor(colours.text))
                shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(inside.width()))
                painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter, shown)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell which box was pressed."""
        index = self.index_at(self._seconds_at(event.position()))
        if index >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(index)

    def event(self, event: QEvent) -> bool:
        """Show the whole caption of the box under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self.index_at(self._seconds_at(QPointF(event.pos())))
            if index >= 0:
                start, end, text = self._labels[index]
                QToolTip.showText(
                    event.globalPos(), f"{clock_text(start, 1)}–{clock_text(end, 1)}\n{text}", self
                )
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def _x_of(self, seconds: float) -> float:
        start, end = self._range
        width = self.width() - RIGHT_MARGIN - LEFT_AXIS_WIDTH
        return LEFT_AXIS_WIDTH + width * (seconds - start) / max(end - start, 1e-9)

    def _seconds_at(self, point: QPointF) -> float:
        start, end = self._range
        width = max(self.width() - RIGHT_MARGIN - LEFT_AXIS_WIDTH, 1)
        return start + (end - start) * (point.x() - LEFT_AXIS_WIDTH) / width
