"""How the spectrogram is shown: frequency scale, colours, decibels."""

from __future__ import annotations

from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget
from superqt import QRangeSlider

from app.theme import Theme
from app.widgets.colour_bar import COLOUR_MAPS
from app.widgets.segments import Segments

LOWEST_LEVEL, HIGHEST_LEVEL = -140, 0
SCALES = (
    ("linear", "Linear", "Frequency axis in equal steps of hertz"),
    ("log", "Log", "Logarithmic frequency axis: an octave has the same height everywhere"),
    ("mel", "Mel", "Mel frequency axis, as hearing and the encoders divide it"),
)


class DisplayBar(QWidget):
    """A row of controls; its choices are remembered.

    Signals: `scale_changed(name)`, `map_changed(name)`, `levels_changed(low, high)` in dB,
    `auto_clicked()` and `fit_clicked()`.
    """

    scale_changed = Signal(str)
    map_changed = Signal(str)
    levels_changed = Signal(float, float)
    auto_clicked = Signal()
    fit_clicked = Signal()

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
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(8)
        layout.addWidget(self.scale)
        layout.addWidget(self.maps)
        layout.addWidget(self.levels, 1)
        layout.addWidget(self._range)
        layout.addWidget(self.auto)
        layout.addStretch()
        layout.addWidget(self.fit)
        self._tell_range()
        self.set_has_sound(False)

    @property
    def colour_map(self) -> str:
        """Name of the chosen colour map."""
        return str(self.maps.currentData())

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
