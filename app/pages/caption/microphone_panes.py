"""How the side for the microphone is laid out: what is heard above, what is said of it below."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.pages.caption.live_captions import LiveCaptions
from app.pages.caption.model_bar import ModelBar
from app.pages.caption.take_bar import TakeBar
from app.studio import Studio
from app.widgets.live_spectrogram import LiveSpectrogram
from app.widgets.timeline_lane import TimelineLane

PICTURE_HINT = "The sound is seen here while it is recorded."


class MicrophonePanes(QSplitter):
    """The scrolling picture with the captions at their times; the model, captions, the take."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(Qt.Orientation.Vertical)
        theme = studio.theme
        self.spectrogram = LiveSpectrogram(theme.colours)
        self.spectrogram.set_hint(PICTURE_HINT)
        self.lane = TimelineLane(theme.colours)
        self.model_bar = ModelBar(theme, studio.settings)
        # The recording starts the captions, and one model follows what is spoken.
        for part in (self.model_bar.button, self.model_bar.also):
            part.hide()
        self.captions = LiveCaptions()
        self.take_bar = TakeBar(theme)
        picture, upper = _panel()
        upper.setContentsMargins(0, 4, 0, 4)
        upper.addWidget(self.spectrogram, 1)
        upper.addWidget(self.lane)
        words, column = _panel()
        words.setMinimumHeight(150)
        column.addWidget(self.model_bar)
        column.addWidget(self.captions, 1)
        column.addWidget(self.take_bar)
        self.addWidget(picture)
        self.addWidget(words)
        self.setStretchFactor(0, 1)
        self.setChildrenCollapsible(False)
        studio.remember_splitter(self, "caption/microphone", [300, 320])


def _panel() -> tuple[QWidget, QVBoxLayout]:
    panel = QWidget()
    panel.setProperty("role", "panel")
    panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    column = QVBoxLayout(panel)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    return panel, column
