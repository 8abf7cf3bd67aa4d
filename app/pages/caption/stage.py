"""The middle of the page: the sound, how it is shown, and listening to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.pages.caption.detail import LONGEST_HEARD, Details, Hear
from app.pages.caption.display_bar import DisplayBar
from app.pages.caption.sound_files import format_length
from app.pages.caption.sound_playback import SoundPlayback
from app.pages.caption.sounds import Sound
from app.pages.caption.stage_notice import StageNotice
from app.studio import Studio
from app.widgets.elided_label import ElidedLabel
from app.widgets.player_bar import PlayerBar
from app.widgets.sound_view import SoundView
from app.widgets.spectrogram_image import SpectrogramImage
from core.audio.frequency_scale import SCALE_NAMES


class Stage(QWidget):
    """Shows one sound and plays it.

    Signals: `part_caption_clicked(start, end)` in seconds, `problem(sentence)` where what the model
    hears cannot be shown.

    Parameters
    ----------
    studio
        The shared context.
    hear
        Returns what the model that is chosen is given of a part of a file; called in a worker.
    """

    part_caption_clicked = Signal(float, float)
    problem = Signal(str)

    def __init__(self, studio: Studio, hear: Hear, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        theme = studio.theme
        self._theme = theme
        self.details = Details(studio.jobs, hear, self)
        self.sound: Sound | None = None
        self.name = ElidedLabel("", Qt.TextElideMode.ElideMiddle)
        self.name.setStyleSheet("font-weight: 600")
        self.facts = QLabel()
        self.facts.setProperty("role", "hint")
        self.hears = QToolButton()
        self.hears.setText("What the model hears")
        self.hears.setCheckable(True)
        self.hears.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        theme.set_icon(self.hears, "ear-hearing", "muted")
        self.hears.toggled.connect(self._on_hears)
        self.display = DisplayBar(theme, studio.settings)
        self.view = SoundView(theme.colours)
        self.player_bar = PlayerBar(theme, studio.player, studio.settings)
        self.listening = SoundPlayback(studio.player, self.view, self.player_bar, self)
        self._whole_heard = False
        self.notice = StageNotice(theme)
        self._content = QStackedWidget()
        self._content.addWidget(self.notice)
        self._content.addWidget(self.view)
        header = QHBoxLayout()
        header.setContentsMargins(8, 8, 8, 0)
        header.setSpacing(8)
        header.addWidget(self.name, 1)
        header.addWidget(self.facts)
        header.addWidget(self.hears)
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
        self.display.follow_changed.connect(self._on_follow)
        self.view.follow = self.display.follow.isChecked()
        self.details.ready.connect(self._on_detail)
        self.details.heard.connect(self._on_heard)
        self.details.unheard.connect(self._on_unheard)
        self.view.spectrogram.detail_wanted.connect(self._on_detail_wanted)
        self.view.selection_changed.connect(self._on_selection)
        self.view.selection_cleared.connect(self._on_selection)
        self.player_bar.part_cleared.connect(self.view.clear_selection)
        self.player_bar.caption_part_clicked.connect(self._on_caption_part)
        theme.changed.connect(self._recolour)
        self._on_scale(self.display.scale.value)
        self.view.set_map(self.display.colour_map)

    # ---- content ---------------------------------------------------------------------------

    def show_sound(self, sound: Sound | None, path: Path | None) -> None:
        """Show a sound from its start; without one, the name of `path` over an empty view."""
        self.listening.turn_to(sound)
        self.sound = sound
        self._whole_heard = False
        self.name.setText("" if path is None else path.name)
        self.view.show_picture(None if sound is None else sound.picture)
        if sound is None:
            self.facts.setText("")
        else:
            self.facts.setText(_facts(sound))
            self.display.show_levels(*self.view.spectrogram.levels)
            if self.hears.isChecked():
                self._hear()
        self.display.set_has_sound(sound is not None)
        self._content.setCurrentWidget(self.notice if sound is None else self.view)
        if sound is None and path is not None:
            self.notice.expect(path.name)
        else:
            self.notice.clear()

    def show_better(self, sound: Sound) -> None:
        """Show a better picture of the long sound that is shown already."""
        if sound is not self.sound:
            return
        if self.hears.isChecked():
            self.view.refresh_outline()
        else:
            self.view.show_better(sound.picture.spectrogram)
            self.display.show_levels(*self.view.spectrogram.levels)
        self.facts.setText(_facts(sound))

    def set_model(self, reason: str) -> None:
        """Say why no model can show what it hears; "" says that one can."""
        self.hears.setEnabled(not reason)
        self.hears.setToolTip(
            reason or "The log-mel spectrogram that the encoder is given, at its own rate"
        )
        if reason:
            self.hears.setChecked(False)
        elif self.hears.isChecked():
            self._hear()

    def show_failure(self, sentence: str) -> None:
        """Say in place of the sound why there is none, and what can be done."""
        self.notice.show_failure(sentence)

    def show_attention(self, weights: np.ndarray, frame_seconds: float, start: float) -> None:
        """Light up the moments with `weights` (T,), one a frame, from `start` seconds on."""
        if self.sound is not None:
            self.view.show_attention(weights, frame_seconds, start)

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
        if self.sound is None:
            return
        if not self.hears.isChecked():
            self.details.look(self.sound, start, end, column_seconds)
        elif not self._whole_heard:
            self._hear()

    def _on_detail(self, sound: Sound, image: SpectrogramImage) -> None:
        if sound is self.sound and not self.hears.isChecked():
            self.view.spectrogram.show_detail(image)
            self.view.waveform.refresh()

    def _on_hears(self, on: bool) -> None:
        self._whole_heard = False
        if on:
            self._hear()
        elif self.sound is not None:
            self._show(self.sound.picture.spectrogram)
            self.view.spectrogram.ask_again()

    def _hear(self) -> None:
        """Ask for what the model hears: of all of a short sound, of the view in a long one."""
        sound = self.sound
        if sound is None:
            return
        if sound.duration <= LONGEST_HEARD:
            self.details.hear(sound, 0.0, sound.duration)
        else:
            self.details.hear(sound, *self.view.spectrogram.time_range())

    def _on_heard(self, sound: Sound, image: SpectrogramImage, whole: bool) -> None:
        if sound is not self.sound or not self.hears.isChecked():
            return
        self._whole_heard = whole
        self._show(image)
        start, end = self.view.spectrogram.time_range()
        if end - start > LONGEST_HEARD:
            self.facts.setText(
                f"{format_length(LONGEST_HEARD)} of what the model hears; zoom in to see it"
            )
        else:
            self.facts.setText(_facts(sound))

    def _show(self, image: SpectrogramImage) -> None:
        """Show a picture of the sound in place of the one before."""
        self.view.spectrogram.drop_detail()
        self.view.show_better(image)
        self.display.show_levels(*self.view.spectrogram.levels)

    def _on_unheard(self, sentence: str) -> None:
        if self.hears.isChecked():
            self.hears.setChecked(False)
            self.problem.emit(sentence)

    def _on_follow(self, on: bool) -> None:
        self.view.follow = on

    def _on_auto(self) -> None:
        self.view.auto_levels = True
        content = self.view.spectrogram.content
        if content is not None:
            self.view.set_levels(*content.auto_levels)
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
    if sound.share < 1.0:
        parts.append(f"drawing {100 * sound.share:.0f} %")
    return "  ·  ".join(parts)
