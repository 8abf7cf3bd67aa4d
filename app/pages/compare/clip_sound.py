"""The sound of the selected clip: spectrogram, playback, and what a word listens to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.pages.compare.work import ComparedClip
from app.studio import Studio
from app.texts import length_text
from app.widgets.elided_label import ElidedLabel
from app.widgets.play_button import PlayButton, Sound
from app.widgets.sound_view import SoundPicture, SoundView, make_sound_picture

SETTLING_MS = 150


class ClipSound(QWidget):
    """Signal `explain_clicked()`: beams and attention are wanted."""

    explain_clicked = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._clip: ComparedClip | None = None
        self.title = ElidedLabel()
        self.title.setProperty("role", "title")
        self.facts = ElidedLabel()
        self.facts.setProperty("role", "muted")
        self.play = PlayButton(studio)
        self.explain = QPushButton("Beams and attention")
        self.explain.setToolTip(
            "Let each checkpoint caption this clip again, to see its beams and when it listens"
        )
        self.explain.clicked.connect(self.explain_clicked)
        self.view = SoundView(studio.theme.colours)
        self.view.bar.hide()
        self.view.setMinimumHeight(150)
        # Axes of nothing say nothing, but their place stays.
        keep = self.view.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.view.setSizePolicy(keep)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.title, 1)
        top.addWidget(self.play)
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(self.facts, 1)
        below.addWidget(self.explain)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 4, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addLayout(below)
        layout.addWidget(self.view, 1)
        # Arrow keys through the table do not compute a picture a line.
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLING_MS)
        self._settling.timeout.connect(self._look)
        self.play.position_changed.connect(self.view.set_playhead)
        self.play.ended.connect(lambda: self.view.set_playhead(0.0))
        self.play.failed.connect(lambda sentence, _details: self.facts.setText(sentence))
        studio.theme.changed.connect(lambda: self.view.set_colours(studio.theme.colours))
        self._reason = ""
        self.show_clip(None)

    def set_reason(self, reason: str) -> None:
        """Say why there is no clip, for when there is none."""
        self._reason = reason
        if self._clip is None:
            self.facts.setText(reason)

    def show_clip(self, clip: ComparedClip | None) -> None:
        """Show a clip; the spectrogram follows when the selection rests."""
        if clip is self._clip and clip is not None:
            return
        self._clip = clip
        self.play.set_sound(clip.audio if clip else None)
        self.view.show_picture(None)
        self.view.setVisible(clip is not None)
        self.title.setText(clip.title if clip else "No clip selected")
        facts = []
        if clip is not None:
            facts = [length_text(clip.duration) if clip.duration else "", ", ".join(clip.tags)]
        text = " · ".join(fact for fact in facts if fact)
        self.facts.setText(text or (str(clip.path or "") if clip else self._reason))
        self._settling.start()

    def show_attention(self, weights: np.ndarray, frame_seconds: float) -> None:
        """Tint the moments that a word listens to."""
        self.view.show_attention(weights, frame_seconds)

    def _look(self) -> None:
        clip = self._clip
        if clip is not None and self.isVisible():
            self._studio.jobs.run_quick(
                _picture_of(clip.audio),
                lambda picture: self._seen(clip, picture),
                lambda sentence, _details: self._unseen(clip, sentence),
                self,
            )

    def _seen(self, clip: ComparedClip, picture: SoundPicture) -> None:
        if clip is self._clip:
            self.view.show_picture(picture)

    def _unseen(self, clip: ComparedClip, sentence: str) -> None:
        if clip is self._clip:
            self.facts.setText(sentence)


def _picture_of(audio: Callable[[], Sound]) -> Callable[[], SoundPicture]:
    def make() -> SoundPicture:
        samples, rate = audio()
        return make_sound_picture(samples, rate)

    return make
