"""The built-in dataset, storage, and that nothing is disabled without a reason."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QDesktopServices
from pytestqt.qtbot import QtBot

from app.pages.library.page import LibraryPage
from app.studio import Studio
from core.data import datasets
from tests.app.pages.fakes import FakeDataset, make_run


class TestDatasets:
    def test_figures_clips_and_captions(self, page: LibraryPage, qtbot: QtBot) -> None:
        tab = page.datasets
        qtbot.waitUntil(lambda: tab.facts is not None)
        tab.show_view("clips")
        assert "18 clips (train 8, validation 4, test 6)" in tab.figures.text()
        assert "36 captions" in tab.figures.text()
        assert "2 sound classes" in tab.figures.text()
        assert len(tab.clips.table.shown()) == 18
        tab.clips.split.setCurrentText("test")
        tab.clips.split.activated.emit(tab.clips.split.currentIndex())
        assert len(tab.clips.table.shown()) == 6
        tab.clips.search.setText("barks 3")
        assert [record.clip.id for record in tab.clips.table.shown()] == ["test-3"]
        tab.clips.table.select_first()
        text = tab.clips.details.shown_text()
        assert "a dog barks 3 times" in text
        assert "dogs are barking" in text
        assert "dog, rain" in text

    def test_events_of_composed_clips_are_drawn(
        self, page: LibraryPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def sound(name: str, *onsets: float, length: float) -> SimpleNamespace:
            return SimpleNamespace(
                sound=name, onsets=onsets, play_seconds=length, level="quiet", gain_db=-9.0
            )

        scene = SimpleNamespace(
            sounds=(sound("dog", 0.2, 1.0, length=0.4),), background=sound("rain", 0.0, length=9.0)
        )
        monkeypatch.setattr(FakeDataset, "scene", lambda self, clip_id: scene, raising=False)
        monkeypatch.setattr(
            FakeDataset, "library", SimpleNamespace(recordings=(), root=Path()), raising=False
        )
        tab = page.datasets
        qtbot.waitUntil(lambda: tab.facts is not None)
        tab.show_view("clips")
        tab.clips.table.select(("test", "test-1"))
        qtbot.waitUntil(tab.clips.bars.isVisible)
        assert "dog: 0.2 to 0.6 s, quiet (−9 dB)" in tab.clips.bars.toolTip()
        assert "rain: 0.0 to 2.0 s" in tab.clips.bars.toolTip()
        # Two barks share a row below the rain.
        assert [row for _, row, _ in tab.clips.bars._bars] == [0, 1, 1]
        tab.clips.bars.grab()

    def test_the_built_in_dataset_and_its_credits(
        self, page: LibraryPage, qtbot: QtBot, studio: Studio, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from core.data.starter import StarterScenes

        small = StarterScenes(sizes=(3, 2, 2))
        monkeypatch.setitem(datasets._OPENERS, "starter-scenes", lambda root: small)
        tab = page.datasets
        qtbot.waitUntil(lambda: tab.facts is not None)
        tab.show_view("clips")
        tab.facts = None
        studio.datasets_changed.emit()
        qtbot.waitUntil(lambda: tab.facts is not None and len(tab.facts.clips) == 7)
        tab.clips.table.select(("test", "test-0001"))
        qtbot.waitUntil(tab.clips.bars.isVisible)
        assert tab.clips.bars.toolTip().count(" s, ") >= 1
        assert len(tab.clips.table.current().clip.captions) == 5
        qtbot.mouseClick(tab.view.buttons["recordings"], Qt.MouseButton.LeftButton)
        assert tab.stack.currentWidget() is tab.recordings
        recording = tab.recordings.table.records()[0]
        text = tab.recordings.details.shown_text().replace("\u200b", "")
        assert recording.path.is_file()
        for part in (recording.author, recording.licence, recording.sound_class):
            assert part in text
        # The place that a recording is from has no column, and is found.
        tab.recordings.search.setText("unknown-horizons accordion")
        assert [one.name for one in tab.recordings.table.records_model.shown()] == ["accordion_01"]
        samples, rate = recording.sound()
        assert len(samples) == pytest.approx(recording.seconds * rate, abs=rate)


def test_storage_tells_sizes_and_places(
    page: LibraryPage, qtbot: QtBot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run("plain")
    page.tabs.setCurrentWidget(page.storage)
    qtbot.waitUntil(lambda: "Runs" in page.storage.buttons)
    assert "used" in page.storage.total.text()
    assert page.storage.home.text() == str(home)
    opened: list[str] = []
    monkeypatch.setattr(
        QDesktopServices, "openUrl", staticmethod(lambda url: opened.append(url.toLocalFile()) or 1)
    )
    qtbot.mouseClick(page.storage.buttons["Runs"], Qt.MouseButton.LeftButton)
    assert opened == [str(home / "runs")]


def test_every_disabled_action_says_why(page: LibraryPage, qtbot: QtBot) -> None:
    for tab in (page.runs, page.checkpoints, page.encoders):
        for action in tab.findChildren(QAction):
            if not action.isEnabled():
                assert action.toolTip() != action.text()


def test_names_that_begin_alike_are_told_apart_where_they_are_cut(page: LibraryPage) -> None:
    tables = (page.datasets.table, page.datasets.recordings.table)
    for table in tables:
        metrics = table.fontMetrics()
        names = ("WavCaps (no Clotho)", "WavCaps (no Clotho, no AudioCaps)")
        room = metrics.horizontalAdvance("WavCaps (no C…")
        cut = [metrics.elidedText(name, table.textElideMode(), room) for name in names]
        assert cut[0] != cut[1]
