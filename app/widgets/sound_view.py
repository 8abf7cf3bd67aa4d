"""A sound to look at: waveform above spectrogram on one time axis, with a colour scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.texts import LONG, clock_text
from app.widgets.colour_bar import ColourBar
from app.widgets.overview_strip import OverviewStrip
from app.widgets.sound_keys import SoundKeys
from app.widgets.spectrogram_image import (
    Resolution,
    SpectrogramImage,
    make_spectrogram_image,
)
from app.widgets.spectrogram_view import SpectrogramView
from app.widgets.time_plot import RIGHT_MARGIN, SHORTEST_SELECTION, TimePlot
from app.widgets.timeline_lane import TimelineLane
from app.widgets.waveform_view import WaveformView
from core.audio.envelope import Envelope
from core.audio.frequency_scale import ScaleName

if TYPE_CHECKING:
    from app.palette import Colours


# Lower than this, in pixels, the plots need the room of the overview.
LOWEST_WITH_OVERVIEW = 230


@dataclass(frozen=True, slots=True, eq=False)
class SoundPicture:
    """Everything that is drawn of a sound."""

    envelope: Envelope
    spectrogram: SpectrogramImage

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.envelope.duration


def make_sound_picture(
    samples: np.ndarray, sample_rate: int, resolution: Resolution | None = None
) -> SoundPicture:
    """Compute what `SoundView` shows of `samples` (n,) float32. Not for the GUI thread."""
    return SoundPicture(
        Envelope.of(samples, sample_rate),
        make_spectrogram_image(samples, sample_rate, resolution=resolution),
    )


class SoundView(QWidget):
    """Waveform and spectrogram that move, select and follow the playhead together.

    Signals, in seconds: `sought(time)` when the playhead is put somewhere,
    `selection_changed(start, end)`, `selection_cleared()`; `hovered(time, hertz, decibels)` and
    `left()` follow the pointer over the spectrogram.
    """

    sought = Signal(float)
    selection_changed = Signal(float, float)
    selection_cleared = Signal()
    hovered = Signal(float, float, float)
    left = Signal()

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.selection: tuple[float, float] | None = None
        self.playhead: float | None = None
        self.auto_levels = True
        self.follow = True
        self.overview = OverviewStrip(colours)
        self.lane = TimelineLane(colours)
        self.lane.hide()
        self.waveform = WaveformView()
        self.spectrogram = SpectrogramView()
        self.bar = ColourBar(colours)
        self.bar.top_margin, self.bar.bottom_margin = 6, 36
        self.waveform.getPlotItem().setXLink(self.spectrogram.getPlotItem())
        grid = QGridLayout(self)
        grid.setContentsMargins(8, 4, 0, 0)
        grid.setSpacing(0)
        grid.setVerticalSpacing(2)
        grid.addWidget(self.overview, 0, 0)
        grid.addWidget(self.waveform, 1, 0)
        grid.addWidget(self.spectrogram, 2, 0)
        grid.addWidget(self.bar, 2, 1)
        grid.addWidget(self.lane, 3, 0)
        grid.setRowStretch(1, 1)
        grid.setRowStretch(2, 3)
        grid.setColumnStretch(0, 1)
        self.waveform.setMinimumHeight(40)
        self.spectrogram.setMinimumHeight(110)
        for plot in self._plots():
            plot.clicked.connect(self._on_clicked)
            plot.double_clicked.connect(self.fit)
            plot.dragged.connect(self.select)
            plot.selection_edited.connect(self.select)
        self.keys = SoundKeys(self)
        # It stands beside the label of the time axis, where nothing else is.
        self.read_out = QLabel(self)
        self.read_out.setProperty("role", "muted")
        self.read_out.setAccessibleName("Under the pointer")
        self.read_out.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom)
        self.read_out.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.spectrogram.hovered.connect(self._on_hovered)
        self.spectrogram.left.connect(self._on_left)
        self.spectrogram.range_changed.connect(self.overview.set_range)
        self.spectrogram.range_changed.connect(self.lane.set_range)
        self.overview.moved.connect(self.centre_on)
        self.set_colours(colours)

    def _plots(self) -> tuple[TimePlot, TimePlot]:
        return self.waveform, self.spectrogram

    def show_picture(self, picture: SoundPicture | None) -> None:
        """Show a sound from start to end, without a selection; None shows nothing."""
        self.clear_selection()
        self.clear_attention()
        self.lane.show_labels(())
        envelope = None if picture is None else picture.envelope
        self.waveform.show_envelope(envelope)
        self.overview.show_envelope(envelope)
        content = None if picture is None else picture.spectrogram
        if content is not None and self.auto_levels:
            self.set_levels(*content.auto_levels)
        self.spectrogram.show_spectrogram(content)
        self.overview.set_range(*self.spectrogram.time_range())
        self.lane.set_range(*self.spectrogram.time_range())
        self.set_playhead(None if picture is None else 0.0)

    def show_better(self, content: SpectrogramImage) -> None:
        """Show the same sound in a better or another picture; the view stays where it is."""
        if self.auto_levels:
            self.set_levels(*content.auto_levels)
        self.spectrogram.replace(content)
        self.refresh_outline()

    def refresh_outline(self) -> None:
        """Draw again what has changed in the envelope."""
        self.waveform.refresh()
        self.overview.refresh()

    def show_labels(self, labels: Sequence[tuple[float, float, str]]) -> None:
        """Show captions at their times in a lane; none hides it."""
        self.lane.show_labels(labels)
        self.lane.setVisible(bool(labels))

    def centre_on(self, seconds: float) -> None:
        """Move the view so that `seconds` is in its middle, as far as the sound reaches."""
        start, end = self.spectrogram.time_range()
        width = end - start
        first = min(max(seconds - width / 2, 0.0), max(self.spectrogram.duration - width, 0.0))
        self.spectrogram.getPlotItem().setXRange(first, first + width, padding=0)

    def reveal(self, seconds: float) -> None:
        """Move the view so that a time is in it, if it is not."""
        start, end = self.spectrogram.time_range()
        if not start <= seconds <= end:
            self.centre_on(seconds)

    def fit(self) -> None:
        """Show all of the sound."""
        self.spectrogram.fit()

    def set_scale(self, name: ScaleName) -> None:
        """Choose the frequency axis."""
        self.spectrogram.set_scale(name)

    def set_map(self, name: str) -> None:
        """Choose the colour map."""
        self.spectrogram.set_map(name)
        self.bar.set_map(name)

    def set_levels(self, low: float, high: float) -> None:
        """Choose the range of levels in dB."""
        self.spectrogram.set_levels(low, high)
        self.bar.set_levels(low, high)

    def set_playhead(self, seconds: float | None) -> None:
        """Move the playhead, and the view with it when it has left the view."""
        self.playhead = seconds
        for plot in self._plots():
            plot.set_playhead(seconds)
        self.overview.set_playhead(seconds)
        if seconds is None or not self.follow:
            return
        start, end = self.spectrogram.time_range()
        if end - start < self.spectrogram.duration and not start <= seconds <= end:
            self.spectrogram.getPlotItem().setXRange(seconds, seconds + end - start, padding=0)

    def select(self, one: float, other: float) -> None:
        """Select the range between two times in seconds."""
        length = self.spectrogram.duration
        start, end = sorted((min(max(one, 0.0), length), min(max(other, 0.0), length)))
        if end - start < SHORTEST_SELECTION:
            return
        self.selection = (start, end)
        for plot in self._plots():
            plot.set_selection(start, end)
        self.selection_changed.emit(start, end)

    def clear_selection(self) -> None:
        """Select nothing."""
        if self.selection is None:
            return
        self.selection = None
        for plot in self._plots():
            plot.set_selection(None, None)
        self.selection_cleared.emit()

    def show_attention(self, weights: np.ndarray, frame_seconds: float, start: float = 0.0) -> None:
        """Tint the moments with `weights` (T,), one a frame, from `start` seconds on."""
        for plot in self._plots():
            plot.show_attention(weights, frame_seconds, start)

    def clear_attention(self) -> None:
        """Take the tint away."""
        for plot in self._plots():
            plot.clear_attention()

    def set_colours(self, colours: Colours) -> None:
        """Paint with the colours of the theme."""
        for part in (*self._plots(), self.bar, self.overview, self.lane):
            part.set_colours(colours)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the read-out at the right end of the time axis."""
        super().resizeEvent(event)
        self.overview.setVisible(self.height() >= LOWEST_WITH_OVERVIEW)
        self._place_read_out()

    def _place_read_out(self) -> None:
        plot = self.spectrogram.geometry()
        self.read_out.setGeometry(plot.right() - RIGHT_MARGIN - 300, plot.bottom() - 18, 300, 18)
        self.read_out.raise_()

    def _on_hovered(self, seconds: float, hertz: float, decibels: float) -> None:
        self._place_read_out()
        level = f"{decibels:.1f}".replace("-", "−")
        long = self.spectrogram.duration >= LONG
        time = clock_text(seconds, digits=3) if long else f"{seconds:.3f} s"
        self.read_out.setText(f"{time}   {hertz:.0f} Hz   {level} dB")
        self.hovered.emit(seconds, hertz, decibels)

    def _on_left(self) -> None:
        self.read_out.setText("")
        self.left.emit()

    def _on_clicked(self, seconds: float) -> None:
        self.clear_selection()
        self.seek(min(max(seconds, 0.0), self.spectrogram.duration))

    def seek(self, place: float) -> None:
        """Put the playhead somewhere by hand."""
        self.set_playhead(place)
        self.sought.emit(place)
