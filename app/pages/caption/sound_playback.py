"""Playing the sound that is shown: from the playhead, the selection, a moment, in a loop."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.pages.caption.sounds import Sound
from app.player import Player
from app.widgets.player_bar import PlayerBar
from app.widgets.sound_view import SoundView


class SoundPlayback(QObject):
    """Keeps player, view and bar in step.

    Signal: `position_changed(seconds)` of the playhead.
    """

    position_changed = Signal(float)

    def __init__(self, player: Player, view: SoundView, bar: PlayerBar, parent: QObject) -> None:
        super().__init__(parent)
        self._player, self._view, self._bar = player, view, bar
        self._sound: Sound | None = None
        view.sought.connect(self._on_sought)
        bar.play_clicked.connect(self.toggle)
        bar.loop_changed.connect(self._on_loop)
        player.position_changed.connect(self._on_position)

    def turn_to(self, sound: Sound | None) -> None:
        """Stop, and play this sound from now on."""
        self._player.stop()
        self._sound = sound
        if sound is None:
            self._bar.show_time(None)
        else:
            self._bar.show_time(0.0, sound.duration)
        self._bar.set_has_sound(sound is not None)

    def toggle(self) -> None:
        """Pause, or play the selection, or go on from the playhead."""
        if self._sound is None or self._player.problem:
            return
        if self._player.playing:
            self._player.pause()
            return
        start, end = self._player.position, self._sound.duration
        if self._view.selection is not None:
            first, end = self._view.selection
            if not first <= start < end - 0.01:
                start = first
        elif start >= end - 0.01:
            start = 0.0
        self._play(start, end)

    def play_moment(self, start: float, end: float) -> None:
        """Play from `start` to `end` seconds; where there is no output, show the moment."""
        if self._sound is None:
            return
        if self._player.problem:
            self.seek(start)
        else:
            self._play(start, end, loop=False)

    def seek(self, seconds: float) -> None:
        """Put the playhead somewhere, and go on playing there if it plays."""
        self._view.set_playhead(seconds)
        self._on_sought(seconds)

    def _play(self, start: float, end: float, loop: bool = True) -> None:
        sound = self._sound
        if sound is None:
            return
        loop_from = None
        if loop and self._bar.loop.isChecked():
            loop_from = 0.0 if self._view.selection is None else self._view.selection[0]
        rate = sound.info.sample_rate
        if sound.waveform is not None:
            self._player.play(sound.waveform.samples, rate, start, end, loop_from)
        else:
            self._player.play_file(sound.info.path, rate, start, end, loop_from)

    def _on_loop(self) -> None:
        if self._sound is not None and self._player.playing:
            start, end = self._player.position, self._sound.duration
            if self._view.selection is not None:
                end = max(self._view.selection[1], start)
            self._play(start, end)

    def _on_position(self, seconds: float) -> None:
        if self._sound is not None:
            self._view.set_playhead(seconds)
            self._tell(seconds, self._sound)

    def _on_sought(self, seconds: float) -> None:
        if self._sound is None:
            return
        if self._player.playing:
            self._play(seconds, self._sound.duration)
        else:
            self._player.seek(seconds)
        self._tell(seconds, self._sound)

    def _tell(self, seconds: float, sound: Sound) -> None:
        self._bar.show_time(seconds, sound.duration)
        self.position_changed.emit(seconds)
