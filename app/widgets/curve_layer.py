"""What is drawn inside the axes: curves in pixels, those that stand still kept as a picture.

Twenty finished runs are drawn once into a picture; a run that grows is drawn anew over it. Each
redraw so costs what has changed, however much is shown. Imports pyqtgraph.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPixmap, QPolygonF

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """The part of the plane that is seen, and its size in pixels. y is log10 where `log`."""

    left: float
    right: float
    bottom: float
    top: float
    width: float
    height: float
    log: bool = False

    def across(self, x: Floats) -> Floats:
        """Return the horizontal pixel of each position."""
        return np.asarray((x - self.left) * (self.width / (self.right - self.left)))

    def up(self, y: Floats) -> Floats:
        """Return the vertical pixel of each value; NaN where it cannot be shown."""
        if self.log:
            y = np.log10(np.where(y > 0, y, np.nan))
        pixels = (self.top - y) * (self.height / (self.top - self.bottom))
        # Far outside is as good as just outside, and painters lose themselves in large numbers.
        return np.clip(pixels, -4 * self.height - 100, 5 * self.height + 100)


@dataclass
class Stroke:
    """A line, dots or an area, in pixels. Lower `depth` is drawn first; NaN breaks a line."""

    depth: int
    x: Floats
    y: Floats
    pen: QPen | None = None
    smooth: bool = False
    dots: float = 0.0
    fill: str = ""


class Drawing(Protocol):
    """Something that can draw itself into a frame. `live` ones change often."""

    live: bool

    def stamp(self) -> Hashable:
        """Return a value that changes whenever the strokes would."""

    def strokes(self, frame: Frame) -> list[Stroke]:
        """Return what to draw."""


class CurveLayer(pg.GraphicsObject):
    """Draws `Drawing`s over the whole area of a view box, in its pixels."""

    def __init__(self, box: Any) -> None:
        super().__init__()
        self._box = box
        self._drawings: list[Drawing] = []
        self._pictures: dict[bool, tuple[Hashable, QPixmap]] = {}
        self.log = False
        # Lines instead of pictures, for files that are scaled.
        self.as_lines = False
        self.setParentItem(box)
        self.setZValue(5)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        box.sigRangeChanged.connect(self._range_changed)
        box.sigResized.connect(self._resized)

    def set_drawings(self, drawings: Iterable[Drawing]) -> None:
        """Draw these from now on."""
        self._drawings = list(drawings)
        self.update()

    def forget(self) -> None:
        """Draw everything anew, as after a change of colours."""
        self._pictures = {}
        self.update()

    def boundingRect(self) -> QRectF:
        """Return the whole view box."""
        return QRectF(self._box.rect())

    def frame(self) -> Frame:
        """Return what is seen now."""
        (left, right), (bottom, top) = self._box.viewRange()
        area = self._box.rect()
        return Frame(left, right, bottom, top, area.width(), area.height(), self.log)

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Draw the pictures, mending the one whose content has changed."""
        frame = self.frame()
        if frame.width < 2 or frame.height < 2 or not frame.right > frame.left:
            return
        painter.save()
        painter.setClipRect(self.boundingRect())
        for live in (False, True):
            drawings = [drawing for drawing in self._drawings if drawing.live == live]
            if self.as_lines:
                paint_strokes(painter, drawings, frame, fine=False)
            elif drawings:
                painter.drawPixmap(QPointF(0, 0), self._picture(live, drawings, frame))
        painter.restore()

    def _picture(self, live: bool, drawings: list[Drawing], frame: Frame) -> QPixmap:
        view = self.getViewWidget()
        ratio = view.devicePixelRatioF() if view is not None else 1.0
        key = (frame, ratio, tuple((id(drawing), drawing.stamp()) for drawing in drawings))
        known = self._pictures.get(live)
        if known is not None and known[0] == key:
            return known[1]
        picture = QPixmap(round(frame.width * ratio), round(frame.height * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        paint_strokes(painter, drawings, frame)
        painter.end()
        self._pictures[live] = (key, picture)
        return picture

    def _range_changed(self, *_: Any) -> None:
        self.update()

    def _resized(self, *_: Any) -> None:
        self.prepareGeometryChange()
        self.update()


def paint_strokes(
    painter: QPainter, drawings: Iterable[Drawing], frame: Frame, fine: bool = True
) -> None:
    """Draw all strokes, the deepest first.

    Where the screen has more than one pixel for ours, `fine` lets lines of one pixel stay as they
    are: wider ones take many times as long.
    """
    scale = painter.deviceTransform().m11()
    strokes = [stroke for drawing in drawings for stroke in drawing.strokes(frame)]
    for stroke in sorted(strokes, key=lambda stroke: stroke.depth):
        if stroke.x.size:
            _paint(painter, stroke, scale, fine)


def _paint(painter: QPainter, stroke: Stroke, scale: float, fine: bool) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, stroke.smooth)
    if stroke.pen is None:
        painter.setPen(Qt.PenStyle.NoPen)
    else:
        pen = QPen(stroke.pen)
        if scale > 1 and (pen.widthF() > 1 or not fine):
            pen.setWidthF(pen.widthF() * scale)
        painter.setPen(pen)
    painter.setBrush(QBrush(QColor(stroke.fill)) if stroke.fill else Qt.BrushStyle.NoBrush)
    known = np.isfinite(stroke.x) & np.isfinite(stroke.y)
    if stroke.dots:
        radius = stroke.dots / 2
        for x, y in zip(stroke.x[known].tolist(), stroke.y[known].tolist(), strict=True):
            painter.drawEllipse(QPointF(x, y), radius, radius)
        return
    if stroke.fill:
        painter.drawPolygon(polygon(stroke.x[known], stroke.y[known]))
        return
    if known.all():
        painter.drawPolyline(polygon(stroke.x, stroke.y))
        return
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]])))
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        painter.drawPolyline(polygon(stroke.x[first:last], stroke.y[first:last]))


def polygon(x: Floats, y: Floats) -> QPolygonF:
    """Return points as Qt draws them, without a call for each."""
    points: QPolygonF = pg.functions.create_qpolygonf(x.size)
    memory = pg.functions.ndarray_from_qpolygonf(points)
    memory[:, 0] = x
    memory[:, 1] = y
    return points
