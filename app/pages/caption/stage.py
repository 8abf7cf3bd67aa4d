"""The middle of the page: the sound, how it is shown, and listening to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from app.studio import Studio
from app.widgets.elided_label import ElidedLabel
from app.widgets.player_bar import PlayerBar
from app.widgets.sound_view import SoundView
from app.widgets.spectrogram_image import SpectrogramImage, make_spectrogram_image
from core.audio.frequency_scale import SCALE_NAMES

from .display_bar import DisplayBar
from .opening import LONGEST_SHOWN, Sound
from .sound_files import format_length


class Stage(QWidget):
    """Shows one sound and plays it. Signal: `part_caption_clicked(start, end)` in seconds."""

    part_caption_clicked = Signal(float, float)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        theme = studio.theme
        self._theme = theme
        self._player = studio.player
        self._jobs = studio.jobs
        self.sound: Sound | None = None
        self.name = ElidedLabel("", Qt.TextElideMode.ElideMiddle)
        self.name.setStyleSheet("font-weight: 600")
        self.facts = QLabel()
        self.facts.setProperty("role", "hint")
        self.display = DisplayBar(theme, studio.settings)
        self.view = SoundView(theme.colours)
        self.player_bar = PlayerBar(theme, self._player, studio.settings)
        self.notice = QLabel()
        self.notice.setWordWrap(True)
        self.notice.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.notice.setProperty("role", "muted")
        self.notice.setContentsMargins(48, 0, 48, 0)
        self.notice.setTextFormat(Qt.TextFormat.PlainText)
        self._content = QStackedWidget()
        self._content.addWidget(self.notice)
        self._content.addWidget(self.view)
        # Most sounds are open sooner than one could read that they are being opened.
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(250)
        self._patience.timeout.connect(self._on_patience)
        header = QHBoxLayout()
        header.setContentsMargins(8, 8, 8, 0)
        header.setSpacing(8)
        header.addWidget(self.name, 1)
        header.addWidget(self.facts)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(header)
        layout.addWidget(self.display)
        layout.addWidget(self._content, 1)
        layout.addWidget(self.player_bar)

        self.display.scale_changed.connect(self._on_scale)
        self.display.map_changed.connect(self.view.set_map)
        self.display.levels_changed.connect(self._on_levels)
        self.display.auto_clicked.connect(self._on_auto)
        self.display.fit_clicked.connect(self.view.fit)
        self.view.spectrogram.detail_wanted.connect(self._on_detail_wanted)
        self.view.sought.connect(self._on_sought)
        self.view.selection_changed.connect(self._on_selection)
        self.view.selection_cleared.connect(self._on_selection)
        self.player_bar.play_clicked.connect(self.toggle_play)
        self.player_bar.part_cleared.connect(self.view.clear_selection)
        self.player_bar.caption_part_clicked.connect(self._on_caption_part)
        self._player.position_changed.connect(self._on_position)
        theme.changed.connect(self._recolour)
        self._on_scale(self.display.scale.value)
        self.view.set_map(self.display.colour_map)

    # ---- content ---------------------------------------------------------------------------

    def show_sound(self, sound: Sound | None, path: Path | None) -> None:
        """Show a sound from its start; without one, the name of `path` over an empty view."""
        self._player.stop()
        self.sound = sound
        self.name.setText("" if path is None else path.name)
        self.view.show_picture(None if sound is None else sound.picture)
        if sound is None:
            self.facts.setText("")
            self.player_bar.show_time(None)
        else:
            self.facts.setText(_facts(sound))
            self.player_bar.show_time(0.0, sound.waveform.duration)
            self.display.show_levels(*self.view.spectrogram.levels)
        self.player_bar.set_has_sound(sound is not None)
        self.display.set_has_sound(sound is not None)
        self._content.setCurrentWidget(self.notice if sound is None else self.view)
        self.notice.setText("")
        if sound is None and path is not None:
            self._patience.start()
        else:
            self._patience.stop()

    def show_notice(self, sentence: str) -> None:
        """Say in place of the sound why there is none."""
        self._patience.stop()
        self.notice.setText(sentence)

    def _on_patience(self) -> None:
        self.notice.setText(f"Opening {self.name.text()}…")

    def show_attention(self, weights: np.ndarray, frame_seconds: float, start: float) -> None:
        """Light up the moments with `weights` (T,), one a frame, from `start` seconds on."""
        if self.sound is not None:
            self.view.show_attention(weights, frame_seconds, start)

    # ---- listening -------------------------------------------------------------------------

    def toggle_play(self) -> None:
        """Pause, or play the selection, or go on from the playhead."""
        if self.sound is None or self._player.problem:
            return
        if self._player.playing:
            self._player.pause()
            return
        start, end = self._player.position, self.sound.waveform.duration
        if self.view.selection is not None:
            first, end = self.view.selection
            if not first <= start < end - 0.01:
                start = first
        elif start >= end - 0.01:
            start = 0.0
        self._play(start, end)

    def play_moment(self, start: float, end: float) -> None:
        """Play from `start` to `end` seconds; where there is no output, show the moment."""
        if self.sound is None:
            return
        if self._player.problem:
            self.view.set_playhead(start)
            self._on_sought(start)
        else:
            self._play(start, end)

    def _play(self, start: float, end: float) -> None:
        if self.sound is not None:
            waveform = self.sound.waveform
            self._player.play(waveform.samples, waveform.sample_rate, start, end)

    def _on_position(self, seconds: float) -> None:
        if self.sound is not None:
            self.view.set_playhead(seconds)
            self.player_bar.show_time(seconds, self.sound.waveform.duration)

    def _on_sought(self, seconds: float) -> None:
        if self.sound is None:
            return
        if self._player.playing:
            self._play(seconds, self.sound.waveform.duration)
        else:
            self._player.seek(seconds)
        self.player_bar.show_time(seconds, self.sound.waveform.duration)

    # ---- display ---------------------------------------------------------------------------

    def _on_selection(self) -> None:
        self.player_bar.show_part(self.view.selection)

    def _on_caption_part(self) -> None:
        if self.view.selection is not None:
            self.part_caption_clicked.emit(*self.view.selection)

    def _on_scale(self, name: str) -> None:
        self.view.set_scale(next((known for known in SCALE_NAMES if known == name), "mel"))

    def _on_levels(self, low: float, high: float) -> None:
        self.view.auto_levels = False
        self.view.set_levels(low, high)

    def _on_detail_wanted(self, start: float, end: float, column_seconds: float) -> None:
        sound = self.sound
        if sound is None:
            return
        samples, rate = sound.waveform.samples, sound.waveform.sample_rate
        first, last = int(start * rate), int(end * rate)

        def show(detail: SpectrogramImage) -> None:
            if self.sound is sound:
                self.view.spectrogram.show_detail(detail)

        self._jobs.run_quick(
            lambda: make_spectrogram_image(samples[first:last], rate, first / rate, column_seconds),
            show,
            owner=self,
        )

    def _on_auto(self) -> None:
        self.view.auto_levels = True
        if self.sound is not None:
            self.view.set_levels(*self.sound.picture.spectrogram.auto_levels)
            self.display.show_levels(*self.view.spectrogram.levels)

    def _recolour(self) -> None:
        self.view.set_colours(self._theme.colours)


def _facts(sound: Sound) -> str:
    info = sound.info
    channels = {1: "mono", 2: "stereo"}.get(info.channels, f"{info.channels} channels")
    parts = [
        info.format,
        f"{info.sample_rate / 1000:g} kHz",
        channels,
        format_length(info.duration),
    ]
    if not sound.whole:
        parts.append(f"the first {format_length(LONGEST_SHOWN)} shown")
    return "  ·  ".join(parts)
