"""A scene on a small time line: one bar a sound event, and the playhead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.palette import blend, run_colour
from app.theme import Theme

BAR = 20
GAP = 4
AXIS = 16
STEPS = (0.5, 1, 2, 5, 10, 20, 30, 60)


@dataclass(frozen=True)
class EventBar:
    """One sound: its class, start and end in seconds, and more for the tooltip."""

    label: str
    start: float
    end: float
    note: str = ""


class EventBars(QWidget):
    """Bars below each other in the order of their start; sounds that do not overlap share a row."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._bars: list[tuple[EventBar, int, int]] = []
        self._duration = 0.0
        self._playhead: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Sound events over time")
        theme.changed.connect(self.update)

    def set_events(self, events: Sequence[EventBar], duration: float) -> None:
        """Show these events of a scene of that many seconds."""
        self._duration = max(duration, 0.001)
        classes: dict[str, int] = {}
        free: list[float] = []
        self._bars = []
        for event in sorted(events, key=lambda item: (item.start, item.end)):
            colour = classes.setdefault(event.label, len(classes))
            row = next((n for n, end in enumerate(free) if end <= event.start), len(free))
            if row == len(free):
                free.append(0.0)
            free[row] = event.end
            self._bars.append((event, row, colour))
        lines = [
            f"{event.label}: {event.start:.1f} to {event.end:.1f} s"
            + (f", {event.note}" if event.note else "")
            for event, _, _ in self._bars
        ]
        self.setToolTip("\n".join(lines))
        self.setAccessibleDescription("; ".join(lines))
        self._playhead = None
        self.updateGeometry()
        self.update()

    def set_playhead(self, seconds: float | None) -> None:
        """Move the playhead; None hides it."""
        self._playhead = seconds
        self.update()

    def sizeHint(self) -> QSize:
        """As high as the rows."""
        rows = max((row for _, row, _ in self._bars), default=0) + 1
        return QSize(200, rows * (BAR + GAP) + AXIS)

    def minimumSizeHint(self) -> QSize:
        """As high as the rows, and narrow if need be."""
        return QSize(80, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw bars, ticks and playhead."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self._theme.colours
        small = QFont(self.font())
        small.setPixelSize(11)
        painter.setFont(small)
        metrics = QFontMetricsF(small)
        for bar, row, colour in self._bars:
            hue = run_colour(colour)
            box = QRectF(
                self._x(bar.start), row * (BAR + GAP), self._x(bar.end) - self._x(bar.start), BAR
            )
            box.setWidth(max(3.0, box.width() - 1))
            painter.setPen(QColor(hue))
            painter.setBrush(QColor(blend(hue, colours.panel, 0.4 if colours.dark else 0.22)))
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
            inner = box.adjusted(5, 0, -3, 0)
            text = metrics.elidedText(bar.label, Qt.TextElideMode.ElideRight, inner.width())
            if len(text) > 1:
                painter.setPen(QColor(colours.text))
                painter.drawText(inner, int(Qt.AlignmentFlag.AlignVCenter), text)
        self._draw_axis(painter, metrics)
        if self._playhead is not None:
            x = self._x(self._playhead)
            painter.setPen(QColor(colours.accent))
            painter.drawLine(round(x), 0, round(x), self.height() - AXIS)

    def _draw_axis(self, painter: QPainter, metrics: QFontMetricsF) -> None:
        colours = self._theme.colours
        base = self.height() - AXIS
        painter.setPen(QColor(colours.line_strong))
        painter.drawLine(0, base, self.width(), base)
        step = next((s for s in STEPS if self._duration / s <= 6), STEPS[-1])
        painter.setPen(QColor(colours.muted))
        for number in range(int(self._duration / step) + 1):
            text = f"{number * step:g} s"
            left = self._x(number * step) - (metrics.horizontalAdvance(text) / 2 if number else 0)
            left = min(left, self.width() - metrics.horizontalAdvance(text))
            painter.drawText(QRectF(left, base, 60, AXIS), int(Qt.AlignmentFlag.AlignVCenter), text)

    def _x(self, seconds: float) -> float:
        return self.width() * seconds / self._duration
