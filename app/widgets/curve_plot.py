"""A plot of curves in the colours of the theme, with a vertical cursor. Imports pyqtgraph."""

from __future__ import annotations

import math
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPen
from PySide6.QtWidgets import QWidget

from app.palette import Colours, blend
from app.texts import clock_text, minus_text
from app.widgets.curve_layer import CurveLayer

Range = tuple[float, float]

# Pixels that a power of ten must take at least for the lines that begin with these digits to be
# labelled without touching.
_LOG_LABELS = ((290, "123456789"), (92, "12357"), (45, "125"), (0, "1"))
# Half a marker, and a little.
_MARKER = 8.0
# The margin on the right.
_SIDE = 12


def pen_of(colour: str, width: float = 1.0, dashed: bool = False) -> QPen:
    """Return an opaque pen whose width does not change with the zoom."""
    pen = QPen(QColor(colour))
    pen.setWidthF(width)
    pen.setCosmetic(True)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    if dashed:
        pen.setDashPattern([5.0, 3.5])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


class _Box(pg.ViewBox):
    """Drag to zoom into a rectangle, with Shift or the middle button to move, double-click fits."""

    fit_wanted = Signal()

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        """Choose by button what a drag does."""
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        zooms = event.button() == Qt.MouseButton.LeftButton and not shift
        self.state["mouseMode"] = pg.ViewBox.RectMode if zooms else pg.ViewBox.PanMode
        super().mouseDragEvent(event, axis)

    def mouseClickEvent(self, event: Any) -> None:
        """Fit on a double click."""
        if event.double():
            event.accept()
            self.fit_wanted.emit()


class TimeAxis(pg.AxisItem):
    """Labels of a horizontal axis; seconds are written as a clock does, steps are whole."""

    clock = False
    whole = False

    def boundingRect(self) -> QRectF:
        """Take in the margin beside the plot, where half of the last label has room."""
        rect: QRectF = super().boundingRect()
        return rect.adjusted(0, 0, _SIDE, 0)

    def tickSpacing(self, least: float, most: float, size: float) -> Any:
        """Return the distances of the lines; of what is counted there are no halves."""
        levels: list[tuple[float, float]] = super().tickSpacing(least, most, size)
        if not self.whole:
            return levels
        return [level for level in levels if level[0] >= 1] or [(1.0, 0.0)]

    def tickStrings(self, values: Any, scale: float, spacing: float) -> list[str]:
        """Write the labels."""
        if self.clock:
            return [clock_text(value) for value in values]
        if self.whole:
            return [minus_text(f"{value:,.0f}") for value in values]
        labels: list[str] = super().tickStrings(values, scale, spacing)
        return labels


class ValueAxis(pg.AxisItem):
    """Labels of a vertical axis; of a logarithmic one only as many as stand apart."""

    def tickStrings(self, values: Any, scale: float, spacing: float) -> list[str]:
        """Write the labels."""
        labels: list[str] = super().tickStrings(values, scale, spacing)
        if self.logMode:
            low, high = self.range
            decade = self.size().height() / max(high - low, 1e-9)
            kept = next(digits for least, digits in _LOG_LABELS if decade >= least)
            labels = [
                label if str(round(10 ** (value % 1)))[0] in kept else ""
                for label, value in zip(labels, values, strict=True)
            ]
        return [minus_text(label) for label in labels]


class CurvePlot(pg.PlotWidget):
    """Axes, grid, curves and cursor. `cursor_moved` carries x, or NaN when the mouse has left.

    `zoomed` tells that the user has chosen what is seen; `fit_wanted` that all is to be seen.
    """

    cursor_moved = Signal(float)
    zoomed = Signal()
    fit_wanted = Signal()

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        box = _Box(enableMenu=False)
        axis = TimeAxis("bottom")
        axes = {"bottom": axis, "left": ValueAxis("left")}
        super().__init__(parent=parent, viewBox=box, axisItems=axes)
        self.item: Any = self.getPlotItem()
        self.item.hideButtons()
        self.setAntialiasing(False)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._axis, self._box = axis, box
        # Whether the range follows what comes; until the user zooms.
        self.follows = True
        self.layer = CurveLayer(box)
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._cursor.setZValue(50)
        self._cursor.hide()
        # How high the mouse is, in figures; NaN while it is elsewhere.
        self.mouse_y = math.nan
        self.addItem(self._cursor, ignoreBounds=True)
        # The mouse may move a thousand times a second; thirty read-outs are enough.
        self._moves = pg.SignalProxy(
            self.scene().sigMouseMoved, rateLimit=30, slot=self._mouse_moved
        )
        box.disableAutoRange()
        box.sigRangeChangedManually.connect(self._zoomed)
        box.fit_wanted.connect(self.fit_wanted)
        self.item.layout.setContentsMargins(4, 8, _SIDE, 4)
        for side in ("left", "bottom"):
            axis = self.item.getAxis(side)
            # Lines at the labels only: quieter, and the many fine ones take most of the painting.
            axis.setStyle(
                tickLength=-4, autoExpandTextSpace=False, tickTextOffset=6, maxTickLevel=0
            )
            axis.enableAutoSIPrefix(False)
            axis.setTickDensity(1.6 if side == "left" else 1.2)
        self.item.getAxis("left").setWidth(62)
        self.item.getAxis("bottom").setHeight(38)
        self.set_colours(colours)

    def set_colours(self, colours: Colours) -> None:
        """Take the colours of another palette."""
        self.setBackground(colours.panel)
        font = QFont(self.font())
        font.setPixelSize(11)
        for side in ("left", "bottom"):
            axis = self.item.getAxis(side)
            axis.setPen(pg.mkPen(colours.line_strong))
            axis.setTextPen(pg.mkPen(colours.muted))
            axis.setTickFont(font)
            axis.label.setFont(font)
        self.item.showGrid(x=True, y=True, alpha=0.14 if colours.dark else 0.12)
        self._cursor.setPen(pg.mkPen(colours.muted))
        frame = self.item.vb.rbScaleBox
        frame.setPen(pg.mkPen(colours.accent))
        ground = QColor(blend(colours.accent, colours.panel, 0.3))
        ground.setAlpha(90)
        frame.setBrush(pg.mkBrush(ground))
        self.layer.forget()

    def set_labels(self, x: str, y: str, clock: bool = False, whole: bool = False) -> None:
        """Name the axes; with `clock` the horizontal one is in seconds, with `whole` it counts."""
        self._axis.clock, self._axis.whole = clock, whole
        self.item.setLabel("bottom", x)
        self.item.setLabel("left", y)
        self._axis.picture = None

    def set_log(self, log: bool) -> None:
        """Draw the y axis in powers of ten."""
        self.layer.log = log
        self.item.getAxis("left").setLogMode(log)
        # Within one power of ten the finer lines are the only ones.
        self.item.getAxis("left").setStyle(maxTickLevel=1 if log else 0)

    def show_range(
        self, x: Range, y: Range, exact: bool = False, marked_left: bool = False
    ) -> None:
        """See at least this much; `exact` leaves no more room than looks good.

        Else the range moves only where it must: each time it does, all curves are drawn anew.
        `marked_left` leaves room for a marker before the first position too.
        """
        if self.layer.log:
            y = (math.log10(y[0]), math.log10(y[1]))
        seen_x, seen_y = self.item.vb.viewRange()
        across, up = (_MARKER / max(size, 80.0) for size in (self._box.width(), self._box.height()))
        new_x = _range(x, seen_x, exact, across if marked_left else 0.0, 0.08, across)
        new_y = _range(y, seen_y, exact, max(0.04, up), 0.08, up)
        if new_x is not None or new_y is not None:
            self.item.vb.setRange(
                xRange=new_x or seen_x, yRange=new_y or seen_y, padding=0, disableAutoRange=True
            )

    def set_x_range(self, x: Range) -> None:
        """See this stretch of the horizontal axis."""
        if tuple(self.item.vb.viewRange()[0]) != tuple(x):
            self.item.vb.setXRange(*x, padding=0)

    def leaveEvent(self, event: QEvent) -> None:
        """Hide the cursor."""
        super().leaveEvent(event)
        self.mouse_y = math.nan
        self.cursor_moved.emit(math.nan)

    def show_cursor(self, x: float) -> None:
        """Put the cursor at x, or take it away at NaN."""
        self._cursor.setVisible(not math.isnan(x))
        if not math.isnan(x):
            self._cursor.setPos(x)

    def _zoomed(self, *_: Any) -> None:
        self.follows = False
        self.zoomed.emit()

    def _mouse_moved(self, arguments: tuple[QPointF]) -> None:
        place = arguments[0]
        if self.item.vb.sceneBoundingRect().contains(place) and self.underMouse():
            seen = self.item.vb.mapSceneToView(place)
            self.mouse_y = 10 ** seen.y() if self.layer.log else seen.y()
            self.cursor_moved.emit(seen.x())
        elif self._cursor.isVisible():
            self.mouse_y = math.nan
            self.cursor_moved.emit(math.nan)


def _range(
    wanted: Range, seen: Range, exact: bool, margin: float, room: float, marker: float
) -> Range | None:
    """Return the range to see instead of `seen`, None where that one will do.

    All but the ranges are shares of the length: the margin, the room for what comes, a marker.
    """
    low, high = wanted
    if high - low <= 0:
        reach = abs(high) * 0.1 or 1.0
        low, high = low - reach, high + reach
    length = high - low
    # Before a line or a marker touches the edge, not after.
    inner = low - 0.7 * margin * length, high + max(0.5 * margin, 0.8 * marker) * length
    fits = seen[0] <= inner[0] and inner[1] <= seen[1] and length > 0.7 * (seen[1] - seen[0])
    if fits and not exact:
        return None
    # The last point should not be cut by the edge.
    ahead = max(margin, 0.012, 1.1 * marker) if exact else max(margin, room)
    return low - margin * length, high + ahead * length
