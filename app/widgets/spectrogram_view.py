"""The spectrogram: levels in decibels over seconds and hertz."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from app.widgets.colour_bar import lookup_table
from app.widgets.spectrogram_image import SpectrogramImage
from app.widgets.time_axis import TimeAxis
from app.widgets.time_plot import RIGHT_MARGIN, TimePlot
from core.audio.frequency_scale import FrequencyScale, ScaleName, format_hertz

# Fewer pixels than this between two ticks and their labels touch.
TICK_SPACING = 34
# A column of the whole sound that is wider than this on the screen calls for finer ones.
WIDEST_COLUMN = 3.0
# Nothing is computed while the wheel still turns.
SETTLING_MS = 120


class FrequencyAxis(pg.AxisItem):
    """Ticks at round frequencies on an axis whose coordinate runs from 0 to 1."""

    def __init__(self) -> None:
        super().__init__("left")
        self.scale_of_axis: FrequencyScale | None = None

    def tickValues(self, low: float, high: float, size: float) -> list[Any]:
        """Return the positions of the ticks between two positions, `size` pixels apart."""
        scale = self.scale_of_axis
        if scale is None or high <= low:
            return []
        lowest, highest = (float(f) for f in scale.hertz(np.clip([low, high], 0.0, 1.0)))
        if highest - lowest < 1e-6:
            return []
        count = max(2, int(size / TICK_SPACING))
        ticks = FrequencyScale(scale.name, lowest, highest).ticks(count)
        if len(ticks) < 3:
            # So close that the octaves of the axis are wider than the view.
            ticks = FrequencyScale("linear", lowest, highest).ticks(count)
        return [(1.0, [float(scale.position(tick.hertz)) for tick in ticks])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Return the frequencies at the positions `values`."""
        if self.scale_of_axis is None:
            return []
        return [format_hertz(float(f"{self.scale_of_axis.hertz(v):.6g}")) for v in values]


class _SmoothImage(pg.ImageItem):
    """Interpolates between pixels where the view is finer or coarser than the image."""

    def paint(self, painter: QPainter, *args: Any) -> None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        super().paint(painter, *args)


class SpectrogramView(TimePlot):
    """A spectrogram with a frequency axis that can be linear, logarithmic or mel.

    Signals: `hovered(seconds, hertz, decibels)` and, from the base, `left()`;
    `detail_wanted(start, end, column_seconds)` when the view is so close that finer columns than
    those of the whole sound would be seen: `show_detail` takes them.
    """

    hovered = Signal(float, float, float)
    detail_wanted = Signal(float, float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._axis = FrequencyAxis()
        self._time_axis = TimeAxis()
        super().__init__({"left": self._axis, "bottom": self._time_axis}, parent=parent)
        self._content: SpectrogramImage | None = None
        self._scale: ScaleName = "mel"
        self._map = "magma"
        self._levels = (-90.0, 0.0)
        self._detail: SpectrogramImage | None = None
        self._image = _SmoothImage(axisOrder="row-major")
        self._fine_image = _SmoothImage(axisOrder="row-major")
        self._fine_image.setZValue(1)
        item = self.getPlotItem()
        for image in (self._image, self._fine_image):
            item.addItem(image)
        self._set_table(self._map)
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLING_MS)
        self._settling.timeout.connect(self._on_settled)
        self._box.sigXRangeChanged.connect(self._settling.start)
        # Room for the upper half of the topmost label.
        item.setContentsMargins(0, 6, RIGHT_MARGIN, 0)
        self._axis.setZValue(20)
        bottom = item.getAxis("bottom")
        bottom.setHeight(36)
        bottom.setTickDensity(2.0)
        bottom.setStyle(hideOverlappingLabels=False)
        self._box.disableAutoRange()
        self._box.setLimits(yMin=0.0, yMax=1.0, minYRange=0.02, maxYRange=1.0)
        self._box.setYRange(0.0, 1.0, padding=0)
        self.moved.connect(self._on_moved_over)
        self.setAccessibleName("Spectrogram")
        self.setToolTip(
            "Turn the wheel to zoom in time, over the frequency axis to zoom in frequency;\n"
            "drag to pan, Shift and drag to select, double-click to fit"
        )

    def set_duration(self, seconds: float) -> None:
        """Set the length of the time axis and show all of it."""
        self._time_axis.set_duration(seconds)
        super().set_duration(seconds)

    @property
    def content(self) -> SpectrogramImage | None:
        """What is shown."""
        return self._content

    @property
    def levels(self) -> tuple[float, float]:
        """The levels in dB that the darkest and the brightest colour stand for."""
        return self._levels

    def frequency_range(self) -> tuple[float, float]:
        """Return the lowest and the highest visible frequency in Hz; zeros without a sound."""
        scale = self._axis.scale_of_axis
        if scale is None:
            return 0.0, 0.0
        low, high = scale.hertz(np.clip(self._box.viewRange()[1], 0.0, 1.0))
        return float(low), float(high)

    def show_spectrogram(self, content: SpectrogramImage | None) -> None:
        """Show a spectrogram over all its length; None shows nothing."""
        self._content, self._detail = content, None
        self.set_duration(0.0 if content is None else content.duration)
        self._draw()

    def replace(self, content: SpectrogramImage) -> None:
        """Show a better picture of the same sound and leave the view where it is."""
        self._content = content
        self._draw()
        if not self._settling.isActive():
            self._settling.start()

    def show_detail(self, detail: SpectrogramImage) -> None:
        """Show a part of the sound with finer columns, over those of the whole."""
        self._detail = detail
        self._draw()

    def drop_detail(self) -> None:
        """Forget the finer columns of the view."""
        self._detail = None
        self._draw()

    def ask_again(self) -> None:
        """Ask for the details of the view anew: they are to be drawn in another way."""
        self._detail = None
        self._draw()
        self._settling.start()

    def fit(self) -> None:
        """Show all of the time and all frequencies."""
        super().fit()
        self._box.setYRange(0.0, 1.0, padding=0)

    def set_scale(self, name: ScaleName) -> None:
        """Choose the frequency axis."""
        self._scale = name
        self._box.setYRange(0.0, 1.0, padding=0)
        self._draw()

    def set_map(self, name: str) -> None:
        """Choose the colour map."""
        self._map = name
        self._set_table(name)

    def set_levels(self, low: float, high: float) -> None:
        """Choose the levels in dB of the first and the last colour."""
        self._levels = (low, high)
        for image in (self._image, self._fine_image):
            image.setLevels(self._levels)

    def show_attention(self, weights: np.ndarray, frame_seconds: float, start: float) -> None:
        """Grey the spectrogram and tint the moments with `weights` (T,)."""
        light = self._map == "inverse grey"
        self._set_table("inverse grey" if light else "grey")
        super().show_attention(weights, frame_seconds, start)

    def clear_attention(self) -> None:
        """Give the spectrogram its colours back."""
        self._set_table(self._map)
        super().clear_attention()

    def position_of(self, seconds: float, hertz: float) -> tuple[float, float]:
        """Return the axis units of a time and a frequency."""
        scale = self._axis.scale_of_axis
        return seconds, 0.0 if scale is None else float(scale.position(hertz))

    def _set_table(self, name: str) -> None:
        for image in (self._image, self._fine_image):
            image.setLookupTable(lookup_table(name))

    def _draw(self) -> None:
        content = self._content
        self._axis.scale_of_axis = None if content is None else content.scales[self._scale]
        for image, part in ((self._image, content), (self._fine_image, self._detail)):
            image.setVisible(part is not None)
            if part is not None:
                levels = part.drawn(self._scale)
                image.setImage(levels, autoLevels=False, levels=self._levels)
                start, width = part.extent()
                image.setRect(QRectF(start, 0.0, width, 1.0))
        self._axis.picture = None
        self._axis.update()

    def _on_settled(self) -> None:
        content, detail = self._content, self._detail
        if content is None:
            return
        start, end = self.time_range()
        pixel = (end - start) / max(self._box.width() * self.devicePixelRatioF(), 1.0)
        covered = content.start <= start + pixel and end <= content.end + pixel
        if covered and content.column_seconds < WIDEST_COLUMN * pixel:
            if detail is not None:
                self._detail = None
                self._draw()
            return
        if detail is not None:
            inside = detail.start <= start and end <= detail.end
            if inside and detail.column_seconds < WIDEST_COLUMN * pixel:
                return
        # Half a view more on both sides, so that panning a little finds it drawn.
        margin = (end - start) / 2
        first, last = max(start - margin, 0.0), min(end + margin, self.duration)
        self.detail_wanted.emit(first, last, pixel)

    def _on_moved_over(self, seconds: float, position: float) -> None:
        scale = self._axis.scale_of_axis
        if self._content is None or scale is None:
            return
        hertz = float(scale.hertz(position))
        level = None if self._detail is None else self._detail.level_at(seconds, hertz)
        if level is None:
            level = self._content.level_at(seconds, hertz)
        if level is None:
            self.left.emit()
        else:
            self.hovered.emit(seconds, hertz, level)
