"""The one sound player of the window, as a Qt object around `core.audio.playback`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from core.errors import AudioDeviceError

if TYPE_CHECKING:
    from app.studio import Studio
    from core.audio.playback import OutputDevice

OUTPUT_KEY = "player/output"
POSITION_INTERVAL_MS = 33


class Player(QObject):
    """Plays a part of a sound and tells where it is.

    Signals: `position_changed(seconds)` while playing, `playing_changed()`, `problem_changed()`,
    `outputs_changed()` when the outputs have been listed.
    """

    position_changed = Signal(float)
    playing_changed = Signal()
    problem_changed = Signal()
    outputs_changed = Signal()

    def __init__(self, studio: Studio, output: Any = None) -> None:
        super().__init__(studio)
        self._studio = studio
        self._output = output
        self._position = 0.0
        self._end = 0.0
        self._playing = False
        self._volume = 1.0
        self.outputs: tuple[OutputDevice, ...] = ()
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
            self._look(refresh=False)

    def refresh_outputs(self) -> None:
        """Look for outputs anew, such as headphones connected since; what plays is stopped."""
        if not self._checking:
            self.stop()
            self._look(refresh=True)

    @property
    def output_name(self) -> str:
        """Name of the output that was chosen; "" is the system's default."""
        return str(self._studio.settings.value(OUTPUT_KEY, ""))

    def choose_output(self, name: str) -> None:
        """Play through the output of this name from now on; "" is the system's default."""
        self._studio.settings.setValue(OUTPUT_KEY, name)
        if self._playing:
            self.pause()
        self._use_chosen()

    def _look(self, refresh: bool) -> None:
        self._checking = True
        self._studio.jobs.run_quick(lambda: _find_output(refresh), self._on_checked, owner=self)

    def _use_chosen(self) -> None:
        if self._output is not None:
            chosen = [item.index for item in self.outputs if item.name == self.output_name]
            # One that is not connected now gives way to the default until it is back.
            self._output.device = chosen[0] if chosen else None

    def set_volume(self, volume: float) -> None:
        """Set the volume from 0 to 1, also while playing."""
        self._volume = volume
        if self._output is not None:
            self._output.volume = volume

    def play(
        self,
        samples: np.ndarray,
        sample_rate: int,
        start: float,
        end: float,
        loop_from: float | None = None,
    ) -> None:
        """Play mono samples (n,) from `start` to `end` seconds.

        With `loop_from`, go on from there at the end, again and again.
        """
        part = samples[: round(end * sample_rate)]
        self._begin(
            start,
            end,
            lambda: self._output.play(
                part, sample_rate, start, loop_from is not None, loop_from or 0.0
            ),
        )

    def play_file(
        self, path: Path, sample_rate: int, start: float, end: float, loop_from: float | None = None
    ) -> None:
        """Play a part of a file of any length as it is read; the rest as `play`."""
        self._begin(
            start,
            end,
            lambda: self._output.play_file(
                path, sample_rate, start, end, loop_from is not None, loop_from or 0.0
            ),
        )

    def _begin(self, start: float, end: float, begin: Callable[[], None]) -> None:
        if self._output is None:
            return
        self._position, self._end = start, end
        try:
            self._output.volume = self._volume
            begin()
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

    def _on_checked(self, found: tuple[Any, tuple[OutputDevice, ...], str]) -> None:
        self._checking = False
        output, self.outputs, problem = found
        # An output that stands is kept: it may have been given by whoever made this object.
        self._output = None if problem else (self._output or output)
        self.set_volume(self._volume)
        self._use_chosen()
        self.outputs_changed.emit()
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


def _find_output(refresh: bool) -> tuple[Any, tuple[OutputDevice, ...], str]:
    """Return an output, the devices and ""; or None, none, and the reason why there is none."""
    from core.audio.playback import Player as Output
    from core.audio.playback import list_outputs, load_sounddevice

    try:
        sounddevice = load_sounddevice()
        outputs = list_outputs(refresh)
    except AudioDeviceError as error:
        return None, (), str(error)
    try:
        sounddevice.query_devices(kind="output")
    except Exception:
        return (
            None,
            (),
            "There is no sound output on this machine; connect a loudspeaker or headphones and "
            "look again.",
        )
    return Output(), outputs, ""
