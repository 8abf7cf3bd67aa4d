"""The plot area over seconds: what wheel, drag and click do."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal

# What one notch of the wheel scrolls, as a share of what is in view.
SCROLL_SHARE = 0.1


class TimeViewBox(pg.ViewBox):
    """The plot area: wheel zooms time, drag pans or selects, click places the playhead.

    Signals carry seconds: `clicked(time)`, `dragged(from, to)`; `scrolled(share)` is how far to go
    on, as a share of what is in view.
    """

    clicked = Signal(float)
    double_clicked = Signal()
    dragged = Signal(float, float)
    scrolled = Signal(float)

    def __init__(self, drag_selects: bool) -> None:
        super().__init__(enableMenu=False)
        self._drag_selects = drag_selects
        self.setDefaultPadding(0.0)

    def wheelEvent(self, ev: Any, axis: int | None = None) -> None:
        """Zoom time around the cursor, or the other axis when the wheel turns over its ticks.

        Turned sideways, or with Shift, the wheel goes along the time axis.
        """
        sideways = ev.orientation() == Qt.Orientation.Horizontal
        if axis != 1 and (sideways or ev.modifiers() & Qt.KeyboardModifier.ShiftModifier):
            self.scrolled.emit(-ev.delta() / 120 * SCROLL_SHARE)
            ev.accept()
            return
        factor = 1.02 ** (ev.delta() * self.state["wheelScaleFactor"])
        centre = self.mapToView(ev.pos())
        if axis == 1:
            self.scaleBy(y=factor, center=centre)
        else:
            self.scaleBy(x=factor, center=centre)
        ev.accept()

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:
        """Pan along the axes; left drag selects on the waveform, and with Shift anywhere."""
        if ev.button() == Qt.MouseButton.RightButton:
            ev.ignore()
            return
        shift = bool(ev.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        left = ev.button() == Qt.MouseButton.LeftButton
        if axis is None and left and (self._drag_selects or shift):
            ev.accept()
            start = self.mapToView(ev.buttonDownPos(Qt.MouseButton.LeftButton)).x()
            self.dragged.emit(start, self.mapToView(ev.pos()).x())
            return
        super().mouseDragEvent(ev, axis=axis)

    def mouseClickEvent(self, ev: Any) -> None:
        """Tell the time that was clicked."""
        if ev.button() != Qt.MouseButton.LeftButton:
            return
        ev.accept()
        if ev.double():
            self.double_clicked.emit()
        else:
            self.clicked.emit(self.mapToView(ev.pos()).x())
