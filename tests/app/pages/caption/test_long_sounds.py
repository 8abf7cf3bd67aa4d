"""Long recordings on the page: drawn from coarse to fine, captioned as timelines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pytestqt.qtbot import QtBot

from app.pages.caption import sounds
from app.pages.caption.files_pane import FilesPane
from app.pages.caption.outputs import Timeline
from app.pages.caption.sound_files import FileState

from .conftest import RATE, Parrot

Sound = Callable[..., Path]


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """80 s: 30 s of hum, 20 s of silence, 30 s of a tone."""
    times = np.arange(80 * RATE) / RATE
    hum = 0.3 * np.sin(2 * np.pi * 200 * times) * (times < 30) * (times % 1 < 0.3)
    tone = 0.5 * np.sin(2 * np.pi * 2000 * times) * (times >= 50)
    path = tmp_path / "long.flac"
    soundfile.write(path, (hum + tone).astype(np.float32), RATE)
    return path


@pytest.fixture
def timeline(page: FilesPane, qtbot: QtBot, long: Path) -> Timeline:
    page.open_paths([long])
    qtbot.waitUntil(lambda: [e.state for e in page.files.entries] == [FileState.DONE])
    qtbot.waitUntil(lambda: page.stage.sound is not None)
    output = page.result.output
    assert isinstance(output, Timeline)
    return output


def test_a_long_sound_becomes_a_timeline(page: FilesPane, timeline: Timeline) -> None:
    assert timeline.complete
    assert [segment.text for segment in timeline.segments] == ["a hum", "a dog"]
    hum, tone = timeline.segments
    assert hum.start == 0.0
    assert hum.end <= 35.0 < tone.start
    assert tone.end == 80.0
    table = page.result.timeline.table
    assert [table.item(row, 1).text() for row in range(2)] == ["a hum", "a dog"]
    lane = page.stage.view.lane
    assert lane.isVisible()
    assert lane.index_at(10.0) == 0
    assert lane.index_at(40.0) == -1
    assert "a hum; a dog" in page.files.entries[0].status()
    assert page.result.result is not None
    assert page.result.result.caption is hum.caption


def test_rows_and_boxes_seek_and_show_their_caption(
    page: FilesPane, timeline: Timeline, qtbot: QtBot
) -> None:
    page.result.timeline.table.setCurrentCell(1, 1)
    assert page.stage.listening._player.position == timeline.segments[1].start
    assert page.result.result is not None
    assert page.result.result.caption is timeline.segments[1].caption
    # The attention of a word lies where its window lies.
    page.result.view.word_entered.emit(0)
    overlay = page.stage.view.spectrogram._attention
    left = overlay.mapRectToParent(overlay.boundingRect()).left()
    assert left == pytest.approx(timeline.segments[1].window.start)
    page.stage.view.lane.chosen.emit(0)
    assert page.result.timeline.current == 0
    assert page.stage.listening._player.position == 0.0
    # A close view moves to the caption that is chosen.
    page.stage.view.spectrogram.getPlotItem().setXRange(0, 5, padding=0)
    page.result.timeline.table.setCurrentCell(1, 1)
    start, end = page.stage.view.spectrogram.time_range()
    assert start <= timeline.segments[1].start <= end


def test_playing_moves_through_the_list(
    page: FilesPane, timeline: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page._studio.player, "_playing", True)
    page.stage.listening._on_position(70.0)
    assert page.result.timeline.current == 1
    monkeypatch.setattr(page._studio.player, "_playing", False)


def test_timelines_are_exported(
    page: FilesPane, timeline: Timeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.srt"
    monkeypatch.setattr(
        "app.pages.caption.saving.QFileDialog.getSaveFileName", lambda *_: (str(target), "")
    )
    page.result.timeline.export.menu().actions()[0].trigger()
    assert "a hum" in target.read_text()
    page.saver.save_captions(tmp_path / "all.csv")
    rows = (tmp_path / "all.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 3
    page.saver.save_timeline(target / "no.srt", timeline, "srt")
    assert "could not be written" in page.banner.label.text()


def test_a_part_of_a_long_sound_has_a_tab_of_its_own(
    page: FilesPane, timeline: Timeline, qtbot: QtBot
) -> None:
    page.stage.view.select(52.0, 54.0)
    page.stage.player_bar.caption_part.click()
    qtbot.waitUntil(lambda: page.result.tabs.count() == 2)
    assert page.result.tabs.tabText(1).startswith("52.0–54.0 s")
    assert page.result.output is not timeline
    assert not page.stage.view.lane.isVisible()
    page.result.tabs.setCurrentIndex(0)
    assert page.result.output is timeline
    assert page.stage.view.lane.isVisible()


def test_stopping_keeps_what_was_captioned(
    page: FilesPane, qtbot: QtBot, long: Path, parrot: Parrot
) -> None:
    page.model_bar.form.hop.setValue(1.0)
    parrot.gate.clear()
    page.open_paths([long])
    qtbot.waitUntil(lambda: [e.state for e in page.files.entries] == [FileState.CAPTIONING])
    page.captioning.stop()
    parrot.gate.set()
    qtbot.waitUntil(lambda: not page.captioning.busy)
    entry = page.files.entries[0]
    assert entry.state in (FileState.DONE, FileState.OPENED)
    output = entry.output
    assert output is None or (isinstance(output, Timeline) and not output.complete)


@pytest.mark.parametrize("suffix", [".flac", ".wav"])
def test_a_sound_too_long_for_memory_is_drawn_from_its_file(
    page: FilesPane, qtbot: QtBot, long: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    if suffix != ".flac":
        samples, rate = soundfile.read(long, dtype="float32")
        long = long.with_suffix(suffix)
        soundfile.write(long, samples, rate)
    monkeypatch.setattr(sounds, "MOST_SAMPLES_HELD", 10 * RATE)
    page.open_paths([long])
    qtbot.waitUntil(lambda: page.stage.sound is not None)
    sound = page.stage.sound
    assert sound is not None
    assert sound.waveform is None
    view = page.stage.view.spectrogram
    assert view.duration == pytest.approx(80.0)
    qtbot.waitUntil(lambda: sound.share == 1.0, timeout=30_000)
    qtbot.waitUntil(lambda: "drawing" not in page.stage.facts.text())
    assert view.content is not None
    level = view.content.level_at(70.0, 2000.0)
    assert level == pytest.approx(-6.0, abs=1.5)
    assert view.content.level_at(40.0, 2000.0) < -100
    # A close look reads the file again, for the waveform, too.
    view.getPlotItem().setXRange(49.95, 50.05, padding=0)
    qtbot.waitUntil(lambda: view._detail is not None)
    assert view._detail.level_at(49.97, 2000.0) < -100
    assert view._detail.level_at(50.04, 2000.0) == pytest.approx(-6.0, abs=1.5)
    x, y = page.stage.view.waveform._line.getData()
    assert len(x) > 1000
    assert np.abs(y[x < 49.99]).max() < 1e-3 < 0.4 < np.abs(y[x > 50.01]).max()
    played: list[tuple[object, ...]] = []
    player = page._studio.player
    monkeypatch.setattr(player, "problem", "")
    monkeypatch.setattr(player, "play_file", lambda *values: played.append(values))
    page.stage.listening.toggle()
    assert played == [(long, RATE, 0.0, 80.0, None)]


def test_a_long_sound_that_breaks_off_is_told(
    page: FilesPane, qtbot: QtBot, long: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sounds, "MOST_SAMPLES_HELD", 10 * RATE)
    content = soundfile.read(long, dtype="float32")[0]
    content[60 * RATE] = np.nan
    path = long.with_suffix(".wav")
    soundfile.write(path, content, RATE, subtype="FLOAT")
    page.open_paths([path])
    qtbot.waitUntil(lambda: [e.state for e in page.files.entries] == [FileState.FAILED])
    assert "no numbers" in page.files.entries[0].message
