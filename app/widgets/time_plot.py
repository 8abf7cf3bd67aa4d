"""What the waveform and the spectrogram have in common: time, playhead, selection, attention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.widgets.time_view_box import TimeViewBox

if TYPE_CHECKING:
    from app.palette import Colours

LEFT_AXIS_WIDTH = 58
# Room for the right half of the last label.
RIGHT_MARGIN = 14
SHORTEST_VIEW = 0.01  # s
SHORTEST_SELECTION = 0.02  # s
# Attention is shown in one hue over grey; the accent stays with the playhead and the selection.
ATTENTION_HUE = "#E69F00"
ATTENTION_OPACITY = 0.62
_TAB, _BACKTAB = Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason


class TimePlot(pg.PlotWidget):
    """A plot over seconds with a playhead, a selected range and an attention overlay.

    Signals: `clicked(time)`, `double_clicked()`, `dragged(from, to)` and `left()` (the pointer went
    away); `moved(time, y)` gives the pointer in axis units, `range_changed(start, end)` the part in
    view, `key_pressed(event)` a key.
    """

    clicked = Signal(float)
    double_clicked = Signal()
    dragged = Signal(float, float)
    selection_edited = Signal(float, float)
    moved = Signal(float, float)
    left = Signal()
    range_changed = Signal(float, float)
    key_pressed = Signal(object)

    def __init__(
        self,
        axes: dict[str, pg.AxisItem] | None = None,
        *,
        drag_selects: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        box = TimeViewBox(drag_selects)
        super().__init__(parent=parent, viewBox=box, axisItems=axes)
        self.duration = 0.0
        self._box = box
        # Files are dropped on the page, not on a scene that would swallow them.
        self.setAcceptDrops(False)
        self.viewport().setAcceptDrops(False)
        self.setFrameShape(pg.PlotWidget.Shape.NoFrame)
        item = self.getPlotItem()
        item.hideButtons()
        item.setContentsMargins(0, 0, RIGHT_MARGIN, 0)
        item.getAxis("left").setWidth(LEFT_AXIS_WIDTH)
        for side in ("left", "bottom"):
            item.getAxis(side).setStyle(tickLength=4, maxTickLevel=0)
        self._playhead = pg.InfiniteLine(0.0, angle=90, movable=False)
        self._playhead.setZValue(30)
        self._accent = "#000000"
        self._selection = _SelectionRegion()
        self._selection.setZValue(10)
        self._attention = pg.ImageItem(axisOrder="row-major")
        self._attention.setZValue(5)
        for part in (self._attention, self._selection, self._playhead):
            item.addItem(part, ignoreBounds=True)
            part.hide()
        self._selection.sigRegionChanged.connect(self._on_selection_edited)
        box.clicked.connect(self.clicked)
        box.double_clicked.connect(self.double_clicked)
        box.dragged.connect(self.dragged)
        box.scrolled.connect(self.scroll)
        box.sigXRangeChanged.connect(self._on_range)
        self.scene().sigMouseMoved.connect(self._on_moved)
        self.set_duration(0.0)

    # ---- content ---------------------------------------------------------------------------

    def set_duration(self, seconds: float) -> None:
        """Set the length of the time axis and show all of it."""
        self.duration = seconds
        length = max(seconds, SHORTEST_VIEW)
        self._box.setLimits(
            xMin=0.0, xMax=length, minXRange=min(SHORTEST_VIEW, length), maxXRange=length
        )
        self.fit()

    def fit(self) -> None:
        """Show the whole length."""
        self._box.setXRange(0.0, max(self.duration, SHORTEST_VIEW), padding=0)

    def time_range(self) -> tuple[float, float]:
        """Return the visible start and end in seconds."""
        start, end = self._box.viewRange()[0]
        return float(start), float(end)

    def scroll(self, share: float) -> None:
        """Move the view on by a share of its length, as far as the sound reaches."""
        start, end = self.time_range()
        width = end - start
        first = min(max(start + share * width, 0.0), max(self.duration - width, 0.0))
        self._box.setXRange(first, first + width, padding=0)

    def zoom(self, factor: float, centre: float) -> None:
        """Show `factor` times as much around a time in seconds, which stays where it is."""
        self._box.scaleBy(x=factor, center=QPointF(centre, 0.0))

    def set_playhead(self, seconds: float | None) -> None:
        """Move the playhead; None hides it."""
        self._playhead.setVisible(seconds is not None)
        if seconds is not None:
            self._playhead.setValue(seconds)

    def set_selection(self, start: float | None, end: float | None) -> None:
        """Show the selected range in seconds; None hides it."""
        self._selection.blockSignals(True)
        if start is None or end is None:
            self._selection.hide()
        else:
            self._selection.setBounds((0.0, self.duration))
            self._selection.setRegion((start, end))
            self._selection.show()
        self._selection.blockSignals(False)

    def show_attention(self, weights: np.ndarray, frame_seconds: float, start: float) -> None:
        """Tint the moments with `weights` (T,), one a frame of `frame_seconds`, from `start` s."""
        strength = np.asarray(weights, dtype=np.float64)
        # What every frame has is not pointed at: even attention gives no tint at all.
        peak = max(float(strength.max(initial=0.0)), 1e-12)
        strength = (strength - strength.min(initial=peak)) / peak
        hue = QColor(ATTENTION_HUE)
        image = np.zeros((1, strength.size, 4), dtype=np.uint8)
        image[..., :3] = hue.red(), hue.green(), hue.blue()
        image[0, :, 3] = np.round(255 * ATTENTION_OPACITY * strength)
        bottom, top = self._box.viewRange()[1]
        self._attention.setImage(image, levels=(0, 255))
        self._attention.setRect(QRectF(start, bottom, strength.size * frame_seconds, top - bottom))
        self._attention.show()

    def clear_attention(self) -> None:
        """Take the tint away."""
        self._attention.hide()

    def set_colours(self, colours: Colours) -> None:
        """Paint with the colours of the theme."""
        self.setBackground(colours.panel)
        item = self.getPlotItem()
        for side in ("left", "bottom"):
            axis = item.getAxis(side)
            axis.setPen(colours.line)
            axis.setTextPen(colours.muted)
            axis.setTickFont(_axis_font(self))
            style = {"color": colours.muted, "font-size": "11px"}
            # Axes are in seconds and never in milliseconds, whatever is zoomed into.
            if axis.labelText:
                axis.setLabel(axis.labelText, siPrefixEnableRanges=(), **style)
        self._accent = colours.accent
        self._show_focus(False)
        self._playhead.setPen(pg.mkPen(colours.accent, width=1))
        self._selection.set_colour(QColor(colours.accent))

    def _on_range(self) -> None:
        self.range_changed.emit(*self.time_range())

    # ---- pointer ---------------------------------------------------------------------------

    def _on_moved(self, position: QPointF) -> None:
        if not self._box.sceneBoundingRect().contains(position):
            self.left.emit()
            return
        point = self._box.mapSceneToView(position)
        self.moved.emit(point.x(), point.y())

    def _on_selection_edited(self) -> None:
        start, end = self._selection.getRegion()
        self.selection_edited.emit(float(start), float(end))

    # ---- keyboard --------------------------------------------------------------------------

    def keyPressEvent(self, ev: QKeyEvent) -> None:
        """Tell of a key; who can do something with it accepts it."""
        ev.ignore()
        self.key_pressed.emit(ev)

    def focusInEvent(self, ev: QFocusEvent) -> None:
        """Show where the keyboard is, if it came by the keyboard."""
        super().focusInEvent(ev)
        self._show_focus(ev.reason() in (_TAB, _BACKTAB))

    def focusOutEvent(self, ev: QFocusEvent) -> None:
        """Take the frame away."""
        super().focusOutEvent(ev)
        self._show_focus(False)

    def _show_focus(self, on: bool) -> None:
        self._box.setBorder(pg.mkPen(self._accent, width=2) if on else None)

    # ---- events ----------------------------------------------------------------------------

    def leaveEvent(self, ev: Any) -> None:
        """Forget the pointer."""
        super().leaveEvent(ev)
        self.left.emit()

    def resizeEvent(self, ev: QResizeEvent | None) -> None:
        """Keep what the resized view shows in step."""
        super().resizeEvent(ev)
        if ev is not None and hasattr(self, "_box"):
            self._on_resized()

    def _on_resized(self) -> None:
        """Refresh what depends on the width in pixels."""


class _SelectionRegion(pg.LinearRegionItem):
    """A range whose edges can be dragged; a drag inside starts a new range instead."""

    def __init__(self) -> None:
        super().__init__(swapMode="sort")

    def set_colour(self, colour: QColor) -> None:
        fill = QColor(colour)
        fill.setAlpha(40)
        self.setBrush(fill)
        self.setHoverBrush(fill)
        for line in self.lines:
            line.setPen(pg.mkPen(colour, width=1))
            line.setHoverPen(pg.mkPen(colour, width=3))

    def mouseDragEvent(self, ev: Any) -> None:
        ev.ignore()

    def mouseClickEvent(self, ev: Any) -> None:
        ev.ignore()

    def hoverEvent(self, ev: Any) -> None:
        """The inside of the range is not a handle, so it does not light up."""


def _axis_font(widget: QWidget) -> Any:
    font = widget.font()
    font.setPixelSize(11)
    return font
