"""Small charts of counts: bars between edges, and a line that grows."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.palette import blend, run_colour
from app.theme import Theme

TITLE, AXIS = 20, 18


class SmallChart(QWidget):
    """A title, a drawing that sub-classes make, and labels below it; a tooltip tells the rest."""

    def __init__(self, theme: Theme, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.title = title
        self.note = ""
        self.labels: tuple[str, str, str] = ("", "", "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Large enough to see a shape."""
        return QSize(220, 132)

    def minimumSizeHint(self) -> QSize:
        """Narrow if need be."""
        return QSize(140, 132)

    def describe(self, note: str, labels: tuple[str, str, str]) -> None:
        """Say in words what is drawn, and what stands below it: left, middle, right."""
        self.note, self.labels = note, labels
        self.setToolTip(note)
        self.setAccessibleDescription(note)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw title, content and labels."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self._theme.colours
        small = QFont(self.font())
        small.setPixelSize(11)
        painter.setFont(small)
        metrics = QFontMetricsF(small)
        painter.setPen(QColor(colours.muted))
        top = QRectF(0, 0, self.width(), TITLE)
        text = metrics.elidedText(self.title, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(top, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop), text)
        area = QRectF(0, TITLE, self.width(), self.height() - TITLE - AXIS)
        self.draw(painter, area)
        painter.setPen(QColor(colours.line_strong))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.setPen(QColor(colours.muted))
        below = QRectF(0, area.bottom() + 2, self.width(), AXIS - 2)
        sides = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter,
                 Qt.AlignmentFlag.AlignRight)  # fmt: skip
        for text, side in zip(self.labels, sides, strict=True):
            painter.drawText(below, int(side | Qt.AlignmentFlag.AlignVCenter), text)

    def draw(self, painter: QPainter, area: QRectF) -> None:
        """Draw the content."""


class BarChart(SmallChart):
    """Counts as bars of equal width, side by side."""

    def __init__(self, theme: Theme, title: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, title, parent)
        self.counts: tuple[int, ...] = ()

    def set_counts(self, counts: Sequence[int], note: str, labels: tuple[str, str, str]) -> None:
        """Show other counts."""
        self.counts = tuple(counts)
        self.describe(note, labels)

    def draw(self, painter: QPainter, area: QRectF) -> None:
        """Draw a bar for each count; the smallest that is not zero can still be seen."""
        highest = max(self.counts, default=0)
        if not highest:
            return
        hue = run_colour(0)
        painter.setPen(Qt.PenStyle.NoPen)
        colours = self._theme.colours
        painter.setBrush(QColor(blend(hue, colours.panel, 0.85 if not colours.dark else 1.0)))
        width = area.width() / len(self.counts)
        for number, count in enumerate(self.counts):
            if count:
                height = max(1.5, count / highest * area.height())
                gap = 1.0 if width > 4 else 0.0
                left = area.left() + number * width
                painter.drawRect(QRectF(left, area.bottom() - height, width - gap, height))


class LineChart(SmallChart):
    """Points (x, y) joined by a line, both axes from zero."""

    def __init__(self, theme: Theme, title: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, title, parent)
        self.points: tuple[tuple[float, float], ...] = ()

    def set_points(
        self, points: Sequence[tuple[float, float]], note: str, labels: tuple[str, str, str]
    ) -> None:
        """Show other points."""
        self.points = tuple(points)
        self.describe(note, labels)

    def draw(self, painter: QPainter, area: QRectF) -> None:
        """Draw the line."""
        right = max((x for x, _ in self.points), default=0.0)
        top = max((y for _, y in self.points), default=0.0)
        if not right or not top:
            return
        line = QPolygonF([QPointF(area.left(), area.bottom())])
        for x, y in self.points:
            line.append(
                QPointF(
                    area.left() + x / right * area.width(),
                    area.bottom() - y / top * (area.height() - 2),
                )
            )
        painter.setPen(QPen(QColor(run_colour(0)), 1.5))
        painter.drawPolyline(line)
