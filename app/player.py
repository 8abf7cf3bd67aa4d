"""The one sound player of the window, as a Qt object around `core.audio.playback`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from core.errors import AudioDeviceError

if TYPE_CHECKING:
    from app.studio import Studio

POSITION_INTERVAL_MS = 33


class Player(QObject):
    """Plays a part of a sound and tells where it is.

    Signals: `position_changed(seconds)` while playing, `playing_changed()`, `problem_changed()`.
    """

    position_changed = Signal(float)
    playing_changed = Signal()
    problem_changed = Signal()

    def __init__(self, studio: Studio, output: Any = None) -> None:
        super().__init__(studio)
        self._studio = studio
        self._output = output
        self._position = 0.0
        self._end = 0.0
        self._playing = False
        self._volume = 1.0
        self.problem = "" if output is not None else "Looking for a sound output"
        self._checking = False
        self._timer = QTimer(self)
        self._timer.setInterval(POSITION_INTERVAL_MS)
        self._timer.timeout.connect(self._on_tick)

    @property
    def playing(self) -> bool:
        """Whether a sound is playing."""
        return self._playing

    @property
    def position(self) -> float:
        """Where the sound was paused or is now, in seconds."""
        return self._position

    def check(self) -> None:
        """See in a worker thread whether there is an output; `problem` says why there is none."""
        if self.problem and not self._checking:
            self._checking = True
            self._studio.jobs.run_quick(_find_output, self._on_checked, owner=self)

    def set_volume(self, volume: float) -> None:
        """Set the volume from 0 to 1, also while playing."""
        self._volume = volume
        if self._output is not None:
            self._output.volume = volume

    def play(self, samples: np.ndarray, sample_rate: int, start: float, end: float) -> None:
        """Play mono samples (n,) from `start` to `end` seconds."""
        if self._output is None:
            return
        self._position, self._end = start, end
        try:
            self._output.volume = self._volume
            self._output.play(samples[: round(end * sample_rate)], sample_rate, start)
        except AudioDeviceError as error:
            self._set_problem(str(error))
            self._set_playing(False)
            return
        self._set_playing(True)

    def pause(self) -> None:
        """Stop where it is."""
        if self._playing:
            self._position = min(self._output.position, self._end)
            self._output.stop()
            self._set_playing(False)
            self.position_changed.emit(self._position)

    def stop(self) -> None:
        """Stop and go back to the start."""
        if self._playing:
            self._output.stop()
            self._set_playing(False)
        self._position = 0.0

    def seek(self, seconds: float) -> None:
        """Choose where playing will begin."""
        self._position = seconds

    def _on_tick(self) -> None:
        ended = not self._output.playing
        self._position = self._end if ended else min(self._output.position, self._end)
        if ended:
            self._set_playing(False)
        self.position_changed.emit(self._position)

    def _on_checked(self, found: tuple[Any, str]) -> None:
        self._checking = False
        self._output, problem = found
        self.set_volume(self._volume)
        self._set_problem(problem)

    def _set_playing(self, playing: bool) -> None:
        if playing:
            self._timer.start()
        else:
            self._timer.stop()
        self._playing = playing
        self.playing_changed.emit()

    def _set_problem(self, problem: str) -> None:
        self.problem = problem
        self.problem_changed.emit()


def _find_output() -> tuple[Any, str]:
    """Return an output to play through and "", or None and the reason why there is none."""
    from core.audio.playback import Player as Output
    from core.audio.playback import load_sounddevice

    try:
        sounddevice = load_sounddevice()
    except AudioDeviceError as error:
        return None, str(error)
    try:
        sounddevice.query_devices(kind="output")
    except Exception:
        return None, (
            "There is no sound output on this machine; connect a loudspeaker or headphones and "
            "open this page again."
        )
    return Output(), ""
