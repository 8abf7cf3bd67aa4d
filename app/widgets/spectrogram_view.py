"""The spectrogram: levels in decibels over seconds and hertz."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from app.widgets.colour_bar import lookup_table
from app.widgets.time_plot import RIGHT_MARGIN, TimePlot
from core.audio.frequency_scale import SCALE_NAMES, FrequencyScale, ScaleName, format_hertz
from core.audio.spectrogram import Spectrogram, display_spectrogram, on_scale

# The power of two of samples that lies nearest to this length is the window.
WINDOW_SECONDS = 0.045
MOST_COLUMNS = 4000
ROWS = 320
# Fewer pixels than this between two ticks and their labels touch.
TICK_SPACING = 34
# The darkest colour goes to levels this far below the loudest, or to the background if higher.
AUTO_RANGE_DB = 80.0


@dataclass(frozen=True, slots=True, eq=False)
class SpectrogramImage:
    """A spectrogram drawn for each frequency axis, ready to show.

    `column_seconds` is the time from one column to the next.
    """

    raw: Spectrogram
    scales: dict[ScaleName, FrequencyScale]
    drawn: dict[ScaleName, Spectrogram]
    duration: float
    column_seconds: float
    auto_levels: tuple[float, float]

    def level_at(self, seconds: float, hertz: float) -> float | None:
        """Return the level in dB at a time and a frequency, or None outside of the sound."""
        if not 0 <= seconds <= self.duration or not 0 <= hertz <= self.raw.frequencies[-1]:
            return None
        columns, rows = len(self.raw.times), len(self.raw.frequencies)
        column = round((seconds - self.raw.times[0]) / self.column_seconds)
        row = round(hertz / float(self.raw.frequencies[1]))
        return float(self.raw.levels_db[min(row, rows - 1), min(max(column, 0), columns - 1)])


def make_spectrogram_image(samples: np.ndarray, sample_rate: int) -> SpectrogramImage:
    """Compute what `SpectrogramView` shows of `samples` (n,). Not for the GUI thread."""
    window = int(2 ** np.clip(round(np.log2(WINDOW_SECONDS * sample_rate)), 6, 14))
    hop = int(np.clip(-(-len(samples) // MOST_COLUMNS), window // 4, window))
    raw = display_spectrogram(samples, sample_rate, window, hop, MOST_COLUMNS)
    scales = {name: FrequencyScale.full(name, sample_rate) for name in SCALE_NAMES}
    drawn = {name: on_scale(raw, scale, ROWS) for name, scale in scales.items()}
    columns = len(raw.times)
    step = float(raw.times[1] - raw.times[0]) if columns > 1 else hop / sample_rate
    return SpectrogramImage(
        raw, scales, drawn, len(samples) / sample_rate, step, _auto_levels(raw.levels_db)
    )


def _auto_levels(levels: np.ndarray) -> tuple[float, float]:
    """Return the lowest and the highest level to show, in whole dB."""
    sample = levels[:: max(1, levels.shape[0] // 128), :: max(1, levels.shape[1] // 512)]
    high = float(np.percentile(sample, 99.95))
    low = max(float(np.percentile(sample, 5.0)), high - AUTO_RANGE_DB)
    high = float(np.ceil(high))
    return min(float(np.floor(low)), high - 20.0), high


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

    Signals: `hovered(seconds, hertz, decibels)` and, from the base, `left()`.
    """

    hovered = Signal(float, float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._axis = FrequencyAxis()
        super().__init__({"left": self._axis}, parent=parent)
        self._content: SpectrogramImage | None = None
        self._scale: ScaleName = "mel"
        self._map = "magma"
        self._levels = (-90.0, 0.0)
        self._image = _SmoothImage(axisOrder="row-major")
        self._image.setLookupTable(lookup_table(self._map))
        item = self.getPlotItem()
        item.addItem(self._image)
        item.setLabel("bottom", "Time (s)")
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
        self._content = content
        self.set_duration(0.0 if content is None else content.duration)
        self._draw()

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
        self._image.setLookupTable(lookup_table(name))

    def set_levels(self, low: float, high: float) -> None:
        """Choose the levels in dB of the first and the last colour."""
        self._levels = (low, high)
        self._image.setLevels(self._levels)

    def show_attention(self, weights: np.ndarray, frame_seconds: float, start: float) -> None:
        """Grey the spectrogram and tint the moments with `weights` (T,)."""
        light = self._map == "inverse grey"
        self._image.setLookupTable(lookup_table("inverse grey" if light else "grey"))
        super().show_attention(weights, frame_seconds, start)

    def clear_attention(self) -> None:
        """Give the spectrogram its colours back."""
        self._image.setLookupTable(lookup_table(self._map))
        super().clear_attention()

    def position_of(self, seconds: float, hertz: float) -> tuple[float, float]:
        """Return the axis units of a time and a frequency."""
        scale = self._axis.scale_of_axis
        return seconds, 0.0 if scale is None else float(scale.position(hertz))

    def _draw(self) -> None:
        content = self._content
        self._image.setVisible(content is not None)
        if content is None:
            self._axis.scale_of_axis = None
        else:
            drawn = content.drawn[self._scale]
            self._axis.scale_of_axis = content.scales[self._scale]
            self._image.setImage(drawn.levels_db, autoLevels=False, levels=self._levels)
            # A column is centred on its time, so the first begins half a column earlier.
            start = float(drawn.times[0]) - content.column_seconds / 2
            width = content.column_seconds * len(drawn.times)
            self._image.setRect(QRectF(start, 0.0, width, 1.0))
        self._axis.picture = None
        self._axis.update()

    def _on_moved_over(self, seconds: float, position: float) -> None:
        scale = self._axis.scale_of_axis
        if self._content is None or scale is None:
            return
        hertz = float(scale.hertz(position))
        level = self._content.level_at(seconds, hertz)
        if level is None:
            self.left.emit()
        else:
            self.hovered.emit(seconds, hertz, level)
