"""M4A and videos on the page: shown, captioned, played, looked at closely, in the queue."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.pages.caption import sounds
from app.pages.caption.files_pane import FilesPane
from app.pages.caption.sound_files import FileState
from core.audio.play_sources import FileSource
from tests.real_ffmpeg import AAC, NEEDS_FFMPEG, encode, picture, run

from .conftest import RATE, Parrot
from .test_page import drop

pytestmark = NEEDS_FFMPEG

Sound = Callable[..., Path]


def test_an_m4a_and_a_film_are_shown_and_captioned(
    page: FilesPane, parrot: Parrot, sound: Sound, tmp_path: Path, qtbot: QtBot
) -> None:
    wave = sound(seconds=2.0)
    song = encode(wave, tmp_path / "Täglich 100%.m4a", *AAC)
    film = encode(wave, tmp_path / "film.mp4", *picture(2.0), "-c:v", "mpeg4", *AAC)
    run(*picture(1.0), "-c:v", "mpeg4", tmp_path / "mute.mp4")
    text = tmp_path / "text.m4a"
    text.write_text("Dear diary")
    drop(page, [song, film, tmp_path / "mute.mp4", text])
    done, failed = FileState.DONE, FileState.FAILED
    wanted = [done, done, failed, failed]
    qtbot.waitUntil(lambda: [entry.state for entry in page.files.entries] == wanted)
    messages = [entry.message for entry in page.files.entries[2:]]
    assert "has no sound track" in messages[0] and "not a sound file" in messages[1]
    qtbot.waitUntil(lambda: page.stage.sound is not None)
    assert page.stage.facts.text() == "M4A  ·  16 kHz  ·  mono  ·  2.0 s"
    assert page.stage.sound is not None and page.stage.sound.waveform is not None
    samples = page.stage.sound.waveform.samples
    assert np.abs(samples[: RATE - 500]).max() < 0.02 < 0.3 < np.abs(samples[RATE + 500 :]).max()
    page.list.select(film)
    qtbot.waitUntil(lambda: page.stage.facts.text() == "MP4  ·  16 kHz  ·  mono  ·  2.0 s")
    page.stage.view.select(1.25, 1.75)
    page.stage.player_bar.caption_part.click()
    qtbot.waitUntil(lambda: len(parrot.asked) == 3)
    assert parrot.asked[-1][0] == "film.mp4" and parrot.asked[-1][2:] == (1.25, 0.5)


def test_a_long_m4a_is_drawn_played_and_looked_at_closely(
    page: FilesPane,
    sound: Sound,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sounds, "MOST_SAMPLES_HELD", 10 * RATE)
    monkeypatch.setattr("core.audio.files._MEASURED_SECONDS", 10.0)
    path = encode(sound(seconds=60.0), tmp_path / "long.m4a", *AAC)
    page.open_paths([path])
    qtbot.waitUntil(lambda: page.stage.sound is not None and page.stage.sound.share == 1.0)
    shown = page.stage.sound
    assert shown is not None and shown.waveform is None
    assert shown.duration == pytest.approx(60.0, abs=0.05)
    view = page.stage.view.spectrogram
    qtbot.waitUntil(lambda: "drawing" not in page.stage.facts.text())
    assert view.content is not None
    assert view.content.level_at(15.0, 1000.0) < -80 < -20 < view.content.level_at(45.0, 1000.0)
    qtbot.waitUntil(lambda: page.files.entries[0].state is FileState.DONE)

    started: list[Any] = []
    popen = subprocess.Popen

    def watched(*arguments: Any, **options: Any) -> Any:
        started.append(arguments)
        return popen(*arguments, **options)

    monkeypatch.setattr(subprocess, "Popen", watched)
    for step in range(100):  # as a hand that drags and turns the wheel
        view.getPlotItem().setXRange(25 + 0.05 * step, 25.2 + 0.051 * step, padding=0)
    assert started == []  # nothing is decoded before the hand comes to rest
    qtbot.waitUntil(lambda: view._detail is not None)
    assert len(started) == 1
    detail = view._detail
    assert detail is not None
    # The tone begins in the middle.
    tone = detail.raw.levels_db.max(axis=0)
    times = detail.start + np.arange(len(tone)) * detail.column_seconds
    assert times[tone > tone.max() - 10][0] == pytest.approx(30.0, abs=0.05)

    source = FileSource(path, RATE, 29.5, 30.5)
    heard: list[np.ndarray] = []

    def all_heard() -> bool:
        heard.append(source.read(RATE))
        return source.ended

    qtbot.waitUntil(all_heard)
    source.close()
    samples = np.concatenate(heard)
    assert len(samples) == RATE
    assert np.abs(samples[: RATE // 2 - 500]).max() < 0.02 < np.abs(samples[RATE // 2 :]).max()
