"""A button that makes a sound in a worker thread and plays it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QPushButton, QWidget

from app.studio import Studio

Sound = tuple[NDArray[np.float32], int]


class PlayButton(QPushButton):
    """Plays what `set_sound` gave it; a second click stops. Signals of the player that concern it:

    `position_changed(seconds)` while its sound plays, `ended()`, `failed(sentence, details)`.
    """

    position_changed = Signal(float)
    ended = Signal()
    failed = Signal(str, str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("Play", parent)
        self._studio = studio
        self._make: Callable[[], Sound] | None = None
        self._ready: Sound | None = None
        self._mine = False
        self._request = 0
        self._connected = False
        self.clicked.connect(self._clicked)
        self._refresh()

    def set_sound(self, make: Callable[[], Sound] | None) -> None:
        """Say what to play: a function that returns mono samples (n,) and their rate in Hz."""
        self.stop()
        self._make, self._ready = make, None
        self._request += 1
        self._refresh()

    def stop(self) -> None:
        """Stop this button's sound, if it plays."""
        self._request += 1
        if self._mine:
            self._studio.player.stop()

    def showEvent(self, event: QShowEvent) -> None:
        """Look for a sound output when first seen; pages that are never opened never ask."""
        super().showEvent(event)
        player = self._studio.player
        if not self._connected:
            self._connected = True
            player.problem_changed.connect(self._refresh)
            player.playing_changed.connect(self._playing_changed)
            player.position_changed.connect(self._position_changed)
        player.check()
        self._refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        """Be silent when the page is left."""
        super().hideEvent(event)
        self.stop()

    def _clicked(self) -> None:
        if self._mine and self._studio.player.playing:
            self.stop()
        elif self._ready is not None:
            self._play(self._ready)
        elif self._make is not None:
            self._request += 1
            number, make = self._request, self._make
            self.setEnabled(False)
            self._studio.jobs.run_quick(
                make, lambda sound: self._made(number, sound), self._not_made, self
            )

    def _made(self, number: int, sound: Sound) -> None:
        if number == self._request:
            self._ready = sound
            self._play(sound)
        self._refresh()

    def _not_made(self, sentence: str, details: str) -> None:
        self._refresh()
        self.failed.emit(sentence, details)

    def _play(self, sound: Sound) -> None:
        samples, rate = sound
        player = self._studio.player
        player.stop()
        self._mine = True
        player.play(samples, rate, 0.0, len(samples) / rate)
        self._refresh()

    def _playing_changed(self) -> None:
        if self._mine and not self._studio.player.playing:
            self._mine = False
            self.ended.emit()
        self._refresh()

    def _position_changed(self, seconds: float) -> None:
        if self._mine:
            self.position_changed.emit(seconds)

    def _refresh(self) -> None:
        playing = self._mine and self._studio.player.playing
        problem = self._studio.player.problem if self._connected else ""
        self.setText("Stop" if playing else "Play")
        self._studio.theme.set_icon(self, "stop" if playing else "play")
        self.setEnabled(self._make is not None and not problem)
        self.setToolTip(problem or ("" if self._make else "Select a clip first."))
