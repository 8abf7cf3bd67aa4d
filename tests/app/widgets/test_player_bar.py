from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.player import Player
from app.studio import Studio
from app.widgets.player_bar import PlayerBar
from core.audio import playback
from core.errors import AudioDeviceError


class Loudspeaker:
    """What `core.audio.playback.Player` is, without sound."""

    def __init__(self) -> None:
        self.playing = False
        self.position = 0.0
        self.volume = 1.0
        self.length = 0
        self.broken = False

    def play(self, samples: np.ndarray, sample_rate: int, start: float) -> None:
        if self.broken:
            raise AudioDeviceError("The loudspeaker is gone.")
        self.playing, self.position, self.length = True, start, len(samples)

    def stop(self) -> None:
        self.playing = False


@pytest.fixture
def loudspeaker() -> Loudspeaker:
    return Loudspeaker()


@pytest.fixture
def player(studio: Studio, loudspeaker: Loudspeaker) -> Player:
    return Player(studio, loudspeaker)


@pytest.fixture
def bar(studio: Studio, player: Player, qtbot: QtBot) -> Iterator[PlayerBar]:
    widget = PlayerBar(studio.theme, player, studio.settings)
    qtbot.addWidget(widget)
    widget.show()
    yield widget
    widget.hide()


SAMPLES = np.zeros(16_000, np.float32)


def test_button_says_play_and_pause(
    bar: PlayerBar, player: Player, loudspeaker: Loudspeaker, qtbot: QtBot
) -> None:
    assert not bar.play.isEnabled()
    bar.set_has_sound(True)
    with qtbot.waitSignal(bar.play_clicked):
        qtbot.mouseClick(bar.play, Qt.MouseButton.LeftButton)
    player.play(SAMPLES, 16_000, 0.25, 0.5)
    assert bar.play.text() == "Pause"
    assert loudspeaker.length == 8000
    loudspeaker.position = 0.4
    with qtbot.waitSignal(player.position_changed) as signal:
        pass
    assert signal.args == [0.4]
    player.pause()
    assert bar.play.text() == "Play"
    assert player.position == 0.4
    assert not loudspeaker.playing


def test_playing_ends_where_the_part_ends(
    player: Player, loudspeaker: Loudspeaker, qtbot: QtBot
) -> None:
    player.play(SAMPLES, 16_000, 0.25, 0.5)
    loudspeaker.playing = False
    with qtbot.waitSignal(player.playing_changed):
        pass
    assert not player.playing
    assert player.position == 0.5


def test_volume_and_mute(bar: PlayerBar, loudspeaker: Loudspeaker, studio: Studio) -> None:
    bar.volume.setValue(50)
    assert loudspeaker.volume == pytest.approx(0.25)
    bar.loudspeaker.click()
    assert loudspeaker.volume == 0.0
    bar.loudspeaker.click()
    assert loudspeaker.volume == pytest.approx(0.25)
    assert int(str(studio.settings.value("player/volume"))) == 50


def test_without_an_output_the_button_says_why(
    studio: Studio, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise AudioDeviceError("PortAudio is missing; install it.")

    monkeypatch.setattr(playback, "load_sounddevice", fail)
    player = Player(studio)
    widget = PlayerBar(studio.theme, player, studio.settings)
    qtbot.addWidget(widget)
    widget.set_has_sound(True)
    with qtbot.waitSignal(player.problem_changed):
        player.check()
    assert not widget.play.isEnabled()
    assert widget.play.toolTip() == "PortAudio is missing; install it."
    player.play(SAMPLES, 16_000, 0.0, 1.0)
    assert not player.playing


def test_a_loudspeaker_that_goes_away_is_reported(
    bar: PlayerBar, player: Player, loudspeaker: Loudspeaker
) -> None:
    bar.set_has_sound(True)
    loudspeaker.broken = True
    player.play(SAMPLES, 16_000, 0.0, 1.0)
    assert not player.playing
    assert bar.play.toolTip() == "The loudspeaker is gone."


def test_part_shows_its_buttons(bar: PlayerBar, qtbot: QtBot) -> None:
    bar.show_part((1.0, 2.5))
    assert bar.part.text() == "1.00–2.50 s"
    bar.set_caption_reason("There is no checkpoint")
    assert not bar.caption_part.isEnabled()
    assert bar.caption_part.toolTip() == "There is no checkpoint"
    with qtbot.waitSignal(bar.part_cleared):
        qtbot.mouseClick(bar.clear_part, Qt.MouseButton.LeftButton)
    bar.show_part(None)
    assert not bar.part.isVisible()
