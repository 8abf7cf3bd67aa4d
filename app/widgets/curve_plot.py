"""A plot of curves in the colours of the theme, with a vertical cursor. Imports pyqtgraph."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPen
from PySide6.QtWidgets import QWidget

from app.theme import Colours

Floats = NDArray[np.float64]

# Anti-aliasing costs little on short curves and a great deal on long ones.
SMOOTH_EDGES_BELOW = 1500


def add_curve(plot: Any, colour: str, width: float = 1.0, dashed: bool = False) -> Any:
    """Add an empty curve that draws no more points than there are pixels.

    Clipping to the view must be switched on after the curve has a view: pyqtgraph 0.14 raises when
    it is asked for while the curve is made.
    """
    curve = pg.PlotDataItem(pen=pen_of(colour, width, dashed), antialias=True, connect="finite")
    plot.addItem(curve)
    curve.setDownsampling(auto=True, method="peak")
    curve.setClipToView(True)
    return curve


def set_points(curve: Any, x: Floats, y: Floats) -> None:
    """Show other points on a curve."""
    curve.setData(x, y, antialias=x.size <= SMOOTH_EDGES_BELOW)


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


class CurvePlot(pg.PlotWidget):
    """Axes, grid and cursor. `cursor_moved` carries x, or NaN when the mouse has left."""

    cursor_moved = Signal(float)
    moved_by_user = Signal()

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.item: Any = self.getPlotItem()
        self.item.setMenuEnabled(False)
        self.item.hideButtons()
        self.setAntialiasing(False)
        self.setMouseTracking(True)
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._cursor.setZValue(50)
        self._cursor.hide()
        self.addItem(self._cursor, ignoreBounds=True)
        # The mouse may move a thousand times a second; thirty read-outs are enough.
        self._moves = pg.SignalProxy(
            self.scene().sigMouseMoved, rateLimit=30, slot=self._mouse_moved
        )
        self.item.vb.sigRangeChangedManually.connect(lambda *_: self.moved_by_user.emit())
        self.item.layout.setContentsMargins(4, 8, 12, 4)
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

    def set_labels(self, x: str, y: str) -> None:
        """Name the axes."""
        self.item.setLabel("bottom", x)
        self.item.setLabel("left", y)

    def set_log(self, log: bool) -> None:
        """Draw the y axis in powers of ten."""
        self.item.setLogMode(x=False, y=log)
        # Within one power of ten the finer lines are the only ones.
        self.item.getAxis("left").setStyle(maxTickLevel=1 if log else 0)

    def fit(self) -> None:
        """Show everything and go on showing everything that comes."""
        self.item.enableAutoRange()
        self.item.vb.updateAutoRange()

    def leaveEvent(self, event: QEvent) -> None:
        """Hide the cursor."""
        super().leaveEvent(event)
        self.hide_cursor()

    def show_cursor(self, x: float) -> None:
        """Put the cursor at x and tell."""
        self._cursor.setPos(x)
        self._cursor.show()
        self.cursor_moved.emit(x)

    def hide_cursor(self) -> None:
        """Take the cursor away and tell."""
        self._cursor.hide()
        self.cursor_moved.emit(float("nan"))

    def _mouse_moved(self, arguments: tuple[QPointF]) -> None:
        place = arguments[0]
        if self.item.vb.sceneBoundingRect().contains(place) and self.underMouse():
            self.show_cursor(self.item.vb.mapSceneToView(place).x())
        elif self._cursor.isVisible():
            self.hide_cursor()
