"""The waveform: the highest and lowest sample of each pixel column over seconds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from app.texts import minus_text
from app.widgets.time_plot import TimePlot
from core.audio.envelope import Envelope

if TYPE_CHECKING:
    from app.palette import Colours


LABEL_HEIGHT, MOST_LABELS = 12, 7


def _round_at_least(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * first for first in (1, 2, 5, 10) if power * first >= value * (1 - 1e-9))


def _round_at_most(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * first for first in (5, 2, 1) if power * first <= value * (1 + 1e-9))


class _AmplitudeAxis(pg.AxisItem):
    def tickValues(self, low: float, high: float, size: float) -> list[Any]:
        """Return round amplitudes whose labels neither touch nor reach beyond the edges."""
        pixels = max(LABEL_HEIGHT, size / MOST_LABELS)
        least = max((high - low) * pixels / max(size, 1.0), 1e-12)
        edge = high - (high - low) * LABEL_HEIGHT / max(size, 1.0) / 2
        step = _round_at_least(least)
        if step > edge:
            # Too low for three labels: one above and one below, and the line of zero between.
            step = _round_at_most(edge)
            return [(step, [-step, step] if 2 * step >= least else [0.0])]
        count = int(edge / step + 1e-9)
        return [(step, [step * number for number in range(-count, count + 1)])]

    def tickStrings(self, values: Any, scale: float, spacing: float) -> list[str]:
        """Return what stands at the ticks, with a minus as all figures have."""
        return [minus_text(text) for text in super().tickStrings(values, scale, spacing)]


class WaveformView(TimePlot):
    """A waveform on the time axis that it shares with the spectrogram; dragging selects."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(drag_selects=True, axes={"left": _AmplitudeAxis("left")}, parent=parent)
        self._envelope: Envelope | None = None
        self._line = pg.PlotCurveItem(antialias=False, skipFiniteCheck=True)
        item = self.getPlotItem()
        item.addItem(self._line)
        self._zero = pg.InfiniteLine(0.0, angle=0, movable=False)
        item.addItem(self._zero, ignoreBounds=True)
        item.hideAxis("bottom")
        item.getAxis("left").setStyle(hideOverlappingLabels=True)
        item.setMouseEnabled(x=True, y=False)
        item.disableAutoRange()
        self._box.sigXRangeChanged.connect(self._redraw)
        self.setAccessibleName("Waveform")
        self.setToolTip(
            "Amplitude over seconds, full scale is 1\n"
            "Drag to select, click to set the playhead; wheel to zoom, with Shift to scroll\n"
            "Arrow keys move the playhead, with Ctrl further, with Shift they select; + and − zoom"
        )

    def show_envelope(self, envelope: Envelope | None) -> None:
        """Show a sound; None shows nothing."""
        self._envelope = envelope
        self.set_duration(0.0 if envelope is None else envelope.duration)
        self.refresh()

    def refresh(self) -> None:
        """Draw again what has changed in the envelope."""
        peak = 1.0 if self._envelope is None else self._envelope.peak
        # The axis follows the sound: a quiet recording is not a flat line.
        self._box.setYRange(-1.1 * peak, 1.1 * peak, padding=0)
        self._redraw()

    def set_colours(self, colours: Colours) -> None:
        """Paint with the colours of the theme."""
        super().set_colours(colours)
        self._line.setPen(pg.mkPen(colours.muted, width=1))
        self._zero.setPen(pg.mkPen(colours.line, width=1))

    def _on_resized(self) -> None:
        self._redraw()

    def _redraw(self) -> None:
        if self._envelope is None:
            self._line.setData([], [])
            return
        start, end = self.time_range()
        columns = max(int(self._box.width() * self.devicePixelRatioF()), 1)
        x, y = self._envelope.between(start, end, columns)
        self._line.setData(x, y)
