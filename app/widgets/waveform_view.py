"""The waveform: the highest and lowest sample of each pixel column over seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from app.widgets.time_plot import TimePlot

if TYPE_CHECKING:
    from app.theme import Colours

# Samples in one entry of the coarse envelope that long views are drawn from.
COARSE = 256


class Envelope:
    """Lowest and highest samples of any stretch of a sound, fast at every zoom.

    Making one takes a pass over the samples, so it is made in a worker thread.
    """

    def __init__(self, samples: np.ndarray, sample_rate: int) -> None:
        self.samples, self.sample_rate = samples, sample_rate
        whole = len(samples) // COARSE * COARSE
        blocks = samples[:whole].reshape(-1, COARSE)
        self._low, self._high = blocks.min(axis=1), blocks.max(axis=1)
        self.peak = float(max(np.abs(samples).max(initial=0.0), 1e-6))

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate

    def between(self, start: float, end: float, columns: int) -> tuple[np.ndarray, np.ndarray]:
        """Return x (s) and y (amplitude), each (n,), of the line to draw from `start` to `end` s.

        With more than two samples a column, each column gives its lowest and its highest sample
        at the same x; with fewer, the samples themselves are given.
        """
        first = max(int(start * self.sample_rate) - 1, 0)
        last = min(int(end * self.sample_rate) + 2, len(self.samples))
        count = last - first
        if count <= 0 or columns <= 0:
            return np.zeros(0), np.zeros(0)
        if count <= 2 * columns:
            return np.arange(first, last) / self.sample_rate, self.samples[first:last]
        if count >= 4 * COARSE * columns and len(self._low):
            first, last = first // COARSE, min(-(-last // COARSE), len(self._low))
            low, high, step = self._low[first:last], self._high[first:last], COARSE
        else:
            low = high = self.samples[first:last]
            step = 1
        edges = np.linspace(0, len(low), min(columns, len(low)), endpoint=False).astype(np.intp)
        y = np.empty(2 * len(edges), dtype=np.float32)
        y[0::2] = np.minimum.reduceat(low, edges)
        y[1::2] = np.maximum.reduceat(high, edges)
        x = np.repeat((first + edges) * step / self.sample_rate, 2)
        return x, y


class WaveformView(TimePlot):
    """A waveform on the time axis that it shares with the spectrogram; dragging selects."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(drag_selects=True, parent=parent)
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
            "Drag to select, click to set the playhead, turn the wheel to zoom"
        )

    def show_envelope(self, envelope: Envelope | None) -> None:
        """Show a sound; None shows nothing."""
        self._envelope = envelope
        self.set_duration(0.0 if envelope is None else envelope.duration)
        peak = 1.0 if envelope is None else envelope.peak
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
