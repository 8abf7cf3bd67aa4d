"""The page before any sound is open."""

from __future__ import annotations

import random
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QPushButton, QWidget

from app.theme import Theme
from app.widgets.empty_state import EmptyState
from core import paths
from core.audio import ffmpeg_program
from core.audio.files import openable_suffixes


def starter_sounds() -> list[Path]:
    """Return the sounds that come with the product, in a folder for each kind."""
    folder = paths.resources_dir() / "starter" / "sounds"
    suffixes = openable_suffixes()
    return sorted(file for file in folder.rglob("*") if file.name.lower().endswith(suffixes))


def choose_starter_sound() -> Path | None:
    """Return one of the sounds that come with the product, seldom one of the short ones."""
    sounds = starter_sounds()
    some = random.sample(sounds, min(5, len(sounds)))
    return max(some, key=lambda path: path.stat().st_size, default=None)


class EmptyPane(EmptyState):
    """Says what the page is for. Signals: `clicked()` to open files, `starter_clicked()`."""

    starter_clicked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(
            theme,
            "waveform",
            "Drop a sound here",
            "See it as waveform and spectrogram, hear it, and read what a trained model says of it."
            " Files and whole folders: WAV, FLAC, OGG, Opus, MP3, AIFF; "
            + (
                "M4A, AAC, WMA and the sound of videos, too."
                if ffmpeg_program.available()
                else "with FFmpeg (pip install imageio-ffmpeg) also M4A, AAC, WMA and the sound of "
                "videos."
            ),
            "Open sounds",
            parent,
        )
        self.starter = QPushButton("Try a starter sound")
        self.starter.setToolTip("Open one of the recordings that come with AAC Studio")
        self.starter.clicked.connect(self.starter_clicked)
        self.starter.setVisible(bool(starter_sounds()))
        layout = self.layout()
        if isinstance(layout, QBoxLayout):
            layout.insertWidget(layout.count() - 1, self.starter, 0, Qt.AlignmentFlag.AlignHCenter)
