"""Listening: play and pause, time, volume, and the selected part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSlider,
    QToolButton,
    QWidget,
)

from app.texts import LONG, clock_text, span_text
from app.theme import Theme
from app.widgets.elided_label import ElidedLabel
from core.audio import portaudio

if TYPE_CHECKING:
    from app.player import Player

VOLUME_KEY = "player/volume"
LOOP_KEY = "player/loop"
NARROW = 740


class PlayerBar(QWidget):
    """A row under the sound. It shows the player's state; the page decides what is played.

    Signals: `play_clicked()`, `loop_changed(on)`, `caption_part_clicked()` and `part_cleared()`.
    """

    play_clicked = Signal()
    loop_changed = Signal(bool)
    caption_part_clicked = Signal()
    part_cleared = Signal()

    def __init__(
        self, theme: Theme, player: Player, settings: QSettings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme, self._player, self._settings = theme, player, settings
        self._has_sound = False
        self._has_part = False
        self.play = QPushButton("Play")
        self.play.setMinimumWidth(86)
        self.play.clicked.connect(self.play_clicked)
        self.time = QLabel("")
        self.time.setAccessibleName("Playing time")
        self.time.setMinimumWidth(self.time.fontMetrics().horizontalAdvance("000.0 / 000.0 s"))
        self.loudspeaker = QToolButton()
        self.loudspeaker.setCheckable(True)
        self.loudspeaker.setAccessibleName("Mute")
        self.loudspeaker.toggled.connect(self._on_volume)
        self.volume = QSlider(Qt.Orientation.Horizontal)
        self.volume.setRange(0, 100)
        self.volume.setFixedWidth(84)
        self.volume.setAccessibleName("Volume")
        self.volume.setValue(int(str(settings.value(VOLUME_KEY, 80))))
        self.volume.valueChanged.connect(self._on_volume)
        self.loop = QToolButton()
        self.loop.setCheckable(True)
        self.loop.setAccessibleName("Loop")
        self.loop.setToolTip("Play the selection, or else all of it, again and again (L)")
        theme.set_icon(self.loop, "repeat", "muted")
        self.loop.toggled.connect(self._on_loop)
        self.output = QToolButton()
        self.output.setAccessibleName("Sound output")
        self.output.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        theme.set_icon(self.output, "speaker", "muted")
        self.output_menu = QMenu(self.output)
        self.output_menu.aboutToShow.connect(self._fill_outputs)
        self.output.setMenu(self.output_menu)
        self.part = QLabel()
        self.part.setAccessibleName("Selected part")
        self.caption_part = QPushButton("Caption selection")
        self.caption_part.clicked.connect(self.caption_part_clicked)
        self.clear_part = QToolButton()
        self.clear_part.setToolTip("Clear the selection (Escape)")
        self.clear_part.setAccessibleName("Clear the selection")
        self.clear_part.clicked.connect(self.part_cleared)
        theme.set_icon(self.clear_part, "close", "muted")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(8)
        for item in (
            self.play,
            self.loop,
            self.time,
            self.loudspeaker,
            self.volume,
            self.output,
        ):
            layout.addWidget(item)
        layout.addSpacing(8)
        for item in (self.part, self.caption_part, self.clear_part):
            layout.addWidget(item)
        # Where nothing can be heard, a sentence says why; everything else works all the same.
        self.again = QToolButton()
        self.again.setAccessibleName("Look for sound outputs again")
        self.again.clicked.connect(player.refresh_outputs)
        theme.set_icon(self.again, "refresh", "muted")
        layout.addWidget(self.again)
        self.reason = ElidedLabel()
        self.reason.setProperty("role", "hint")
        layout.addWidget(self.reason, 1)
        self._rest = QWidget()  # takes the room while the sentence is away
        layout.addWidget(self._rest, 1)
        player.playing_changed.connect(self._refresh)
        player.problem_changed.connect(self._refresh)
        player.outputs_changed.connect(self._refresh)
        self.loop.setChecked(str(settings.value(LOOP_KEY, "false")) == "true")
        self.show_part(None)
        self._on_volume()
        self._refresh()

    def set_has_sound(self, has_sound: bool) -> None:
        """Say whether there is anything to play."""
        self._has_sound = has_sound
        self._refresh()

    def show_time(self, seconds: float | None, duration: float = 0.0) -> None:
        """Show the position and the length in seconds."""
        if seconds is None:
            self.time.setText("")
        elif duration < LONG:
            digits = 1 if duration >= 1 else 2
            self.time.setText(f"{seconds:.{digits}f} / {duration:.{digits}f} s")
        else:
            self.time.setText(f"{clock_text(seconds)} / {clock_text(duration)}")

    def show_part(self, part: tuple[float, float] | None) -> None:
        """Show the selected range in seconds; None hides it and what can be done with it."""
        self._has_part = part is not None
        if part is not None:
            self.part.setText(span_text(*part))
        for item in (self.caption_part, self.clear_part):
            item.setVisible(part is not None)
        self._make_room()
        self._refresh()

    def _make_room(self) -> None:
        # The selection itself is seen above; its times and the sentence give way to the buttons.
        roomy = self.width() >= NARROW or not self._has_part
        self.part.setVisible(self._has_part and roomy)
        self.reason.setVisible(roomy)
        self._rest.setVisible(not roomy)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what gives way where the row is short of room."""
        super().resizeEvent(event)
        self._make_room()

    def set_caption_reason(self, reason: str) -> None:
        """Say why the selection cannot be captioned; "" says that it can."""
        self.caption_part.setEnabled(not reason)
        self.caption_part.setToolTip(reason or "Caption only the selected part")

    def _refresh(self) -> None:
        playing = self._player.playing
        self.play.setText("Pause" if playing else "Play")
        self._theme.set_icon(self.play, "pause" if playing else "play")
        problem = self._player.problem
        usable = not problem and self._has_sound
        self.play.setEnabled(usable)
        if problem:
            tip = problem
        elif not self._has_sound:
            tip = "Open a sound first"
        elif playing:
            tip = "Pause (Space)"
        else:
            tip = "Play the selection (Space)" if self._has_part else "Play (Space)"
        self.play.setToolTip(tip)
        # What is wrong; what to do about it is in the tooltip, and in the button.
        self.reason.setText(problem.partition(";")[0].removesuffix("."))
        self.reason.set_more(problem)
        recording = portaudio.recording()
        self.again.setVisible(bool(problem))
        self.again.setEnabled(not recording)
        self.again.setToolTip(
            "Looking for outputs would end the recording; stop it first"
            if recording
            else f"{problem}\nLook for sound outputs again"
        )
        for item in (self.volume, self.loudspeaker):
            item.setEnabled(not problem)
            item.setToolTip(problem or ("Volume" if item is self.volume else "Mute"))
        chosen = self._player.output_name or "the system's default"
        self.output.setToolTip(problem or f"Sound goes to {chosen}; choose an output")

    def _fill_outputs(self) -> None:
        """List the outputs as they were found last."""
        self.output_menu.clear()
        for old in self.output_menu.findChildren(QActionGroup):
            old.deleteLater()
        group = QActionGroup(self.output_menu)
        chosen = self._player.output_name
        names = ["", *(item.name for item in self._player.outputs)]
        if chosen not in names:
            names.append(chosen)
        known = {item.name for item in self._player.outputs} | {""}
        for name in names:
            text = name.replace("&", "&&") or "System default"
            action = self.output_menu.addAction(text if name in known else f"{text} (away)")
            action.setCheckable(True)
            action.setChecked(name == chosen)
            action.setData(name)
            group.addAction(action)
        group.triggered.connect(self._on_output)
        self.output_menu.addSeparator()
        again = self.output_menu.addAction("Look for outputs again", self._player.refresh_outputs)
        if portaudio.recording():
            # Looking starts the audio library anew, which would end the recording.
            again.setEnabled(False)
            again.setText("Look for outputs again (not while recording)")

    def _on_output(self, action: QAction) -> None:
        self._player.choose_output(str(action.data()))
        self._refresh()

    def _on_loop(self, on: bool) -> None:
        self._settings.setValue(LOOP_KEY, "true" if on else "false")
        self.loop_changed.emit(on)

    def _on_volume(self) -> None:
        muted = self.loudspeaker.isChecked()
        value = self.volume.value()
        self._settings.setValue(VOLUME_KEY, value)
        # Loudness follows the square of the slider more evenly than the slider itself.
        self._player.set_volume(0.0 if muted else (value / 100.0) ** 2)
        silent = muted or value == 0
        self._theme.set_icon(self.loudspeaker, "volume-off" if silent else "volume-high", "muted")
