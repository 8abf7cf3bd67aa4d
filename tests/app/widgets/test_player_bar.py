from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.player import Player
from app.studio import Studio
from app.widgets.player_bar import PlayerBar
from core.audio import playback
from core.audio.playback import OutputDevice
from core.errors import AudioDeviceError


class Loudspeaker:
    """What `core.audio.playback.Player` is, without sound."""

    def __init__(self) -> None:
        self.playing = False
        self.position = 0.0
        self.volume = 1.0
        self.length = 0
        self.broken = False
        self.device: int | None = None
        self.loop: float | None = None
        self.file: Path | None = None

    def play(
        self, samples: np.ndarray, sample_rate: int, start: float, loop: bool, loop_from: float
    ) -> None:
        if self.broken:
            raise AudioDeviceError("The loudspeaker is gone.")
        self.playing, self.position, self.length = True, start, len(samples)
        self.loop = loop_from if loop else None

    def play_file(
        self, path: Path, sample_rate: int, start: float, end: float, loop: bool, loop_from: float
    ) -> None:
        self.playing, self.position, self.file = True, start, path

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
    assert widget.reason.text() == "PortAudio is missing"
    assert widget.reason.toolTip() == "PortAudio is missing; install it."
    assert not widget.again.isHidden()
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


def test_a_part_loops_from_its_start(
    bar: PlayerBar, player: Player, loudspeaker: Loudspeaker, studio: Studio
) -> None:
    player.play(SAMPLES, 16_000, 0.4, 0.5, loop_from=0.25)
    assert loudspeaker.loop == 0.25
    player.play(SAMPLES, 16_000, 0.4, 0.5)
    assert loudspeaker.loop is None
    player.stop()
    bar.loop.click()
    again = PlayerBar(studio.theme, player, studio.settings)
    assert again.loop.isChecked()
    again.deleteLater()


def test_a_file_is_played_from_disk(player: Player, loudspeaker: Loudspeaker) -> None:
    player.play_file(Path("/long.wav"), 16_000, 1.0, 2.0)
    assert loudspeaker.file == Path("/long.wav")
    assert player.playing
    player.stop()


def test_the_output_can_be_chosen_and_is_remembered(
    bar: PlayerBar, player: Player, loudspeaker: Loudspeaker, studio: Studio
) -> None:
    player.outputs = (OutputDevice(4, "hdmi", True), OutputDevice(7, "headphones", False))
    bar.output_menu.aboutToShow.emit()
    actions = {action.text(): action for action in bar.output_menu.actions()}
    assert actions["System default"].isChecked()
    actions["headphones"].trigger()
    assert loudspeaker.device == 7
    assert studio.settings.value("player/output") == "headphones"
    assert "headphones" in bar.output.toolTip()
    player.outputs = ()
    bar.output_menu.aboutToShow.emit()
    assert "headphones (away)" in {action.text() for action in bar.output_menu.actions()}
    player.choose_output("")
    assert loudspeaker.device is None


def test_outputs_are_looked_for_again(
    player: Player, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = (OutputDevice(1, "usb", True),)
    module = SimpleNamespace(query_devices=lambda kind: {})
    monkeypatch.setattr(playback, "load_sounddevice", lambda: module)
    monkeypatch.setattr(playback, "list_outputs", lambda refresh: found if refresh else ())
    with qtbot.waitSignal(player.outputs_changed):
        player.refresh_outputs()
    assert player.outputs == found
    assert not player.problem


def test_long_sounds_are_timed_as_a_clock_does(bar: PlayerBar) -> None:
    bar.show_time(3725.4, 7200.0)
    assert bar.time.text() == "1:02:05 / 2:00:00"


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
