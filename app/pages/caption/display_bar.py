"""How the spectrogram is shown: frequency scale, colours, decibels."""

from __future__ import annotations

from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QWidget,
)
from superqt import QRangeSlider

from app.theme import Theme
from app.widgets.colour_bar import COLOUR_MAPS
from app.widgets.inputs import QuietComboBox
from app.widgets.popover import Popover
from app.widgets.segments import Segments
from app.widgets.spectrogram_image import WINDOWS, Resolution

# The encoders' own scales reach above full scale.
LOWEST_LEVEL, HIGHEST_LEVEL = -140, 40
OVERLAPS = (1, 2, 4, 8, 16)
SCALES = (
    ("linear", "Linear", "Frequency axis in equal steps of hertz"),
    ("log", "Log", "Logarithmic frequency axis: an octave has the same height everywhere"),
    ("mel", "Mel", "Mel frequency axis, as hearing and the encoders divide it"),
)


class DisplayBar(QWidget):
    """A row of controls; its choices are remembered.

    Signals: `scale_changed(name)`, `map_changed(name)`, `levels_changed(low, high)` in dB,
    `auto_clicked()`, `fit_clicked()`, `resolution_changed()` and `follow_changed(on)`.
    """

    scale_changed = Signal(str)
    map_changed = Signal(str)
    levels_changed = Signal(float, float)
    auto_clicked = Signal()
    fit_clicked = Signal()
    resolution_changed = Signal()
    follow_changed = Signal(bool)

    def __init__(self, theme: Theme, settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.scale = Segments(SCALES)
        self.scale.setAccessibleName("Frequency scale")
        self.scale.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.scale.set_value(str(settings.value("caption/scale", "mel")))
        self.scale.changed.connect(self._on_scale)
        self.maps = QComboBox()
        self.maps.setAccessibleName("Colour map")
        self.maps.setToolTip("Colour map of the spectrogram")
        for name, title in COLOUR_MAPS.items():
            self.maps.addItem(title, name)
        chosen = self.maps.findData(str(settings.value("caption/colour_map", "magma")))
        self.maps.setCurrentIndex(max(chosen, 0))
        self.maps.currentIndexChanged.connect(self._on_map)
        self.levels = QRangeSlider(Qt.Orientation.Horizontal)
        self.levels.setAccessibleName("Decibel range")
        self.levels.setToolTip("Lowest and highest level in colour; drag the bar to move both")
        self.levels.setRange(LOWEST_LEVEL, HIGHEST_LEVEL)
        self.levels.setMinimumWidth(90)
        self.levels.setMaximumWidth(220)
        self.levels.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.levels.setValue((-90, -10))
        self.levels.valueChanged.connect(self._on_levels)
        self._range = QLabel()
        self._range.setProperty("role", "hint")
        self._range.setFixedWidth(92)
        self.auto = QToolButton()
        self.auto.setText("Auto")
        self.auto.setCheckable(True)
        self.auto.setChecked(True)
        self.auto.setAccessibleName("Automatic decibel range")
        self.auto.setToolTip("Fit the decibel range to each sound")
        self.auto.toggled.connect(self._on_auto)
        self.fit = QToolButton()
        self.fit.setText("Fit")
        self.fit.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.fit.clicked.connect(self.fit_clicked)
        theme.set_icon(self.fit, "arrow-expand-horizontal", "muted")
        self.more = QToolButton()
        self.more.setAccessibleName("Spectrum and playhead")
        self.more.setToolTip("Length and hop of the spectral windows, and following the playhead")
        theme.set_icon(self.more, "tune-variant", "muted")
        self.form = Popover(self.more)
        self._fill_form()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(8)
        layout.addWidget(self.scale)
        layout.addWidget(self.maps)
        layout.addWidget(self.levels, 1)
        layout.addWidget(self._range)
        layout.addWidget(self.auto)
        layout.addStretch()
        layout.addWidget(self.more)
        layout.addWidget(self.fit)
        self._tell_range()
        self.set_has_sound(False)

    @property
    def colour_map(self) -> str:
        """Name of the chosen colour map."""
        return str(self.maps.currentData())

    @property
    def resolution(self) -> Resolution:
        """How finely spectra are to be taken."""
        return Resolution(self.window_length.currentData(), self.hop.currentData())

    def _fill_form(self) -> None:
        settings = self._settings
        self.window_length = QuietComboBox()
        self.window_length.addItem("Automatic", 0)
        for length in WINDOWS:
            self.window_length.addItem(f"{length:,} samples", length)
        self.hop = QuietComboBox()
        self.hop.addItem("Automatic", 0)
        for overlap in OVERLAPS:
            self.hop.addItem(f"1/{overlap} of the window", overlap)
        for box, key in ((self.window_length, "caption/window"), (self.hop, "caption/hop")):
            saved = box.findData(int(str(settings.value(key, 0))))
            box.setCurrentIndex(max(saved, 0))
            box.currentIndexChanged.connect(self._on_resolution)
        self.follow = QCheckBox("Follow the playhead")
        self.follow.setChecked(str(settings.value("caption/follow", "true")) == "true")
        self.follow.toggled.connect(self._on_follow)
        self.form.add_row(
            "Window",
            self.window_length,
            "A longer window tells frequencies apart, a shorter one moments",
        )
        self.form.add_row("Hop", self.hop, "Time from one spectrum to the next")
        self.form.form.addRow(self.follow)

    def _on_resolution(self) -> None:
        self._settings.setValue("caption/window", self.window_length.currentData())
        self._settings.setValue("caption/hop", self.hop.currentData())
        self.resolution_changed.emit()

    def _on_follow(self, on: bool) -> None:
        self._settings.setValue("caption/follow", "true" if on else "false")
        self.follow_changed.emit(on)

    def set_has_sound(self, has_sound: bool) -> None:
        """Say whether there is anything to fit into the view."""
        self.fit.setEnabled(has_sound)
        self.fit.setToolTip("Show the whole sound (F)" if has_sound else "Open a sound first")

    def show_levels(self, low: float, high: float) -> None:
        """Show a range in dB without telling."""
        blocked = self.levels.blockSignals(True)
        self.levels.setValue((round(low), round(high)))
        self.levels.blockSignals(blocked)
        self._tell_range()

    def _tell_range(self) -> None:
        low, high = self.levels.value()
        self._range.setText(f"{low:.0f} to {high:.0f} dB".replace("-", "−"))

    def _on_scale(self, name: str) -> None:
        self._settings.setValue("caption/scale", name)
        self.scale_changed.emit(name)

    def _on_map(self) -> None:
        self._settings.setValue("caption/colour_map", self.colour_map)
        self.map_changed.emit(self.colour_map)

    def _on_levels(self, values: tuple[float, float]) -> None:
        low, high = values
        if high - low < 1:
            return
        self.auto.setChecked(False)
        self._tell_range()
        self.levels_changed.emit(float(low), float(high))

    def _on_auto(self, checked: bool) -> None:
        if checked:
            self.auto_clicked.emit()
