"""The bar of the microphone: which device, how, its level, and the button that records."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLocale, QSettings, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QWidget,
)

from app.texts import clock_text
from app.theme import Theme
from app.widgets.inputs import QuietComboBox, indent_text
from app.widgets.level_meter import LevelMeter
from app.widgets.popover import Popover
from core.audio.microphone import RATES, InputDevice
from core.errors import ConfigError
from core.timeline import TimelineSettings

DEVICE_KEY = "microphone/device"
RATE_KEY = "microphone/sample_rate"
WINDOW_KEY, HOP_KEY = "microphone/window", "microphone/hop"
QUIET_KEY = "microphone/quiet_db"
DEFAULT_HOP = 3.0
DEFAULT_QUIET = -60


class MicrophoneOptions(Popover):
    """How the microphone is recorded and captioned; remembered. Signal: `changed()`."""

    changed = Signal()

    def __init__(self, button: QToolButton, settings: QSettings) -> None:
        super().__init__(button)
        self._settings = settings
        self.window_length = self._seconds(WINDOW_KEY, TimelineSettings().window, 1.0, 60.0)
        self.hop = self._seconds(HOP_KEY, DEFAULT_HOP, 0.5, 60.0)
        self.quiet = QSpinBox()
        self.quiet.setRange(-90, -10)
        self.quiet.setSuffix(" dB")
        indent_text(self.quiet)
        self.quiet.setValue(int(str(settings.value(QUIET_KEY, DEFAULT_QUIET))))
        self.rate = QuietComboBox()
        self.rate.addItem("Automatic", 0)
        for rate in sorted(RATES, reverse=True):
            self.rate.addItem(f"{rate:,} Hz", rate)
        self.rate.setCurrentIndex(max(self.rate.findData(int(str(settings.value(RATE_KEY, 0)))), 0))
        self.add_title("Captions")
        self.add_row("Window", self.window_length, "What the model hears at a time")
        self.add_row("Hop", self.hop, "From one caption to the next")
        self.add_row(
            "Quiet below",
            self.quiet,
            "A window whose level (root mean square) stays below has no caption",
        )
        self.add_title("Recording")
        self.add_row("Sample rate", self.rate, "Automatic takes the rate of the device")
        fixed = (self.window_length, self.hop, self.rate)
        self._hints: dict[QWidget, str] = {field: field.toolTip() for field in fixed}
        for box in (self.window_length, self.hop, self.quiet):
            box.valueChanged.connect(self._on_changed)
        self.rate.currentIndexChanged.connect(self._on_changed)
        self._limit_hop()

    def timeline(self) -> TimelineSettings:
        """Return window and hop."""
        try:
            return TimelineSettings(self.window_length.value(), self.hop.value())
        except ConfigError:  # the fields keep each other in order, but for the moment of a change
            return TimelineSettings(hop=DEFAULT_HOP)

    def sample_rate(self) -> int:
        """Return the chosen rate in Hz; 0 is automatic."""
        return int(self.rate.currentData())

    def set_recording(self, recording: bool) -> None:
        """Leave only what may change while a take is recorded."""
        for field, hint in self._hints.items():
            field.setEnabled(not recording)
            field.setToolTip("Cannot change while recording" if recording else hint)

    def _seconds(self, key: str, default: float, least: float, most: float) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setLocale(QLocale.c())
        box.setRange(least, most)
        box.setDecimals(1)
        box.setSuffix(" s")
        indent_text(box)
        box.setValue(float(str(self._settings.value(key, default))))
        return box

    def _limit_hop(self) -> None:
        # A longer hop would leave out what lies between two windows.
        self.hop.setMaximum(self.window_length.value())

    def _on_changed(self) -> None:
        self._limit_hop()
        for key, value in (
            (WINDOW_KEY, self.window_length.value()),
            (HOP_KEY, self.hop.value()),
            (QUIET_KEY, self.quiet.value()),
            (RATE_KEY, self.sample_rate()),
        ):
            self._settings.setValue(key, value)
        self.changed.emit()


class MicrophoneBar(QWidget):
    """Signals: `record_clicked()`, `stop_clicked()`, `refresh_clicked()`."""

    record_clicked = Signal()
    stop_clicked = Signal()
    refresh_clicked = Signal()

    def __init__(self, theme: Theme, settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "toolbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme, self._settings = theme, settings
        self._recording = False
        self._problem = "Looking for microphones"
        self.devices = QComboBox()
        self.devices.setAccessibleName("Microphone")
        self.devices.setMinimumWidth(160)
        self.devices.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.devices.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.devices.activated.connect(self._on_device)
        self.refresh = QToolButton()
        self.refresh.setAccessibleName("Look for microphones again")
        self.refresh.clicked.connect(self.refresh_clicked)
        theme.set_icon(self.refresh, "refresh", "muted")
        self.options = QToolButton()
        self.options.setAccessibleName("Recording options")
        self.options.setToolTip("Window, hop, quiet threshold and sample rate")
        theme.set_icon(self.options, "tune-variant", "muted")
        self.form = MicrophoneOptions(self.options, settings)
        self.meter = LevelMeter(theme.colours)
        self.meter.set_quiet(self.form.quiet.value())
        self.form.changed.connect(self._on_form)
        self.time = QLabel(clock_text(0, 1))
        self.time.setAccessibleName("Length of the take")
        self.time.setMinimumWidth(self.time.fontMetrics().horizontalAdvance("000:00.0"))
        self.time.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.button = QPushButton("Record")
        self.button.setMinimumWidth(96)
        self.button.setProperty("role", "primary")
        self.button.clicked.connect(self._on_button)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self.devices, 2)
        layout.addWidget(self.refresh)
        layout.addWidget(self.options)
        layout.addWidget(self.meter, 3)
        layout.addWidget(self.time)
        layout.addWidget(self.button)
        self._show_state()

    def device(self) -> str:
        """Return the name of the chosen microphone; "" is the system's default."""
        return str(self.devices.currentData() or "")

    def set_devices(self, devices: Sequence[InputDevice], problem: str = "") -> None:
        """List microphones; `problem` says why there is none."""
        wanted = str(self._settings.value(DEVICE_KEY, ""))
        self.devices.clear()
        if devices:
            default = next((item.name for item in devices if item.default), "")
            self.devices.addItem(f"System default ({default})" if default else "System default", "")
        for item in devices:
            self.devices.addItem(item.name, item.name)
        self.devices.setCurrentIndex(max(self.devices.findData(wanted), 0) if devices else -1)
        self._problem = problem
        self._show_state()

    def set_looking(self) -> None:
        """Say that microphones are being looked for."""
        self._problem = "Looking for microphones"
        self._show_state()

    def set_state(self, recording: bool, ending: bool) -> None:
        """Say whether a take is recorded, or the last one is still being captioned."""
        self._recording = recording
        self._ending = ending
        self.form.set_recording(recording)
        self._show_state()

    def show_time(self, seconds: float) -> None:
        """Show how long the take is."""
        self.time.setText(clock_text(seconds, 1))

    _ending = False

    def _show_state(self) -> None:
        recording, ending = self._recording, self._ending
        self.button.setText("Stop" if recording else "Record")
        self._theme.set_icon(
            self.button, "stop" if recording else "record", "danger" if recording else "on_accent"
        )
        self.button.setProperty("role", "" if recording else "primary")
        self.button.style().unpolish(self.button)
        self.button.style().polish(self.button)
        self.button.setEnabled(recording or not (self._problem or ending))
        if recording:
            tip = "Stop recording; what was heard is still captioned (Space)"
        elif ending:
            tip = "The last captions of the take are still being made"
        else:
            tip = self._problem or "Record a take and caption it as it grows (Space)"
        self.button.setToolTip(tip)
        free = not recording
        self.devices.setEnabled(free and self.devices.count() > 0)
        self.devices.setToolTip(
            self._problem or ("Stop recording first" if recording else "Microphone to record from")
        )
        self.refresh.setEnabled(free)
        self.refresh.setToolTip(
            "Look for microphones again; what plays is stopped"
            if free
            else "Looking for devices would end the recording; stop it first"
        )

    def _on_device(self) -> None:
        self._settings.setValue(DEVICE_KEY, self.device())

    def _on_form(self) -> None:
        self.meter.set_quiet(self.form.quiet.value())

    def _on_button(self) -> None:
        (self.stop_clicked if self._recording else self.record_clicked).emit()
