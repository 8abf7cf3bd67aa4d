from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.pages.compare.source_bar import FILES, SourceBar
from app.pages.compare.sources import split_clips
from app.pages.compare.systems import SystemFile, list_systems
from app.pages.compare.work import ComparedClip
from app.studio import Studio
from core.captions import Caption
from core.errors import StudioError
from tests.app.pages.compare.conftest import Opener, captioned, ready, two_runs
from tests.app.pages.fakes import FakeCaptioner, make_run, write_checkpoint


def test_without_checkpoints_it_leads_to_train(
    open_page: Opener, qtbot: QtBot, studio: Studio
) -> None:
    page = open_page()
    qtbot.waitUntil(lambda: page.source.split.count() == 3)
    qtbot.waitUntil(lambda: page.empty.button.isVisible())
    assert page.stack.currentWidget() is page.empty
    # The model that comes with the program is one.
    assert page.empty.title.text() == "One more system, and you can compare"
    assert page.open_file.isVisible()
    with qtbot.waitSignal(studio.show_page) as shown:
        qtbot.mouseClick(page.empty.button, Qt.MouseButton.LeftButton)
    assert shown.args == ["train"]
    make_run("first")
    studio.runs_changed.emit()
    # A run has two checkpoints, its best and its last: enough to compare.
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.content)


def test_nothing_is_said_to_be_missing_before_it_was_looked_for(
    open_page: Opener, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_runs()
    looked, found = threading.Event(), threading.Event()
    listed, clips_of = list_systems, split_clips

    def slow_list(opened: list[Path]) -> list[SystemFile]:
        looked.wait(10)
        return listed(opened)

    def slow_clips(*where: Any) -> list[ComparedClip]:
        found.wait(10)
        return clips_of(*where)

    monkeypatch.setattr("app.pages.compare.page.list_systems", slow_list)
    monkeypatch.setattr("app.pages.compare.comparison_controller.split_clips", slow_clips)
    page = open_page()
    sound = page.clips.details.sound
    assert page.stack.currentWidget() is page.empty
    assert page.empty.title.text() == "Looking for checkpoints"
    assert not page.empty.button.isVisible() and not page.open_file.isVisible()
    looked.set()
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.content)
    assert page.clips.count.text() == "Reading..."
    assert sound.facts.text() == "The clips are being read."
    found.set()
    ready(page, qtbot)
    assert page.clips.count.text() == "6 clips"
    page.clips.search.setText("no such clip")
    qtbot.waitUntil(lambda: page.model.rowCount() == 0)
    assert sound.facts.text() == "No clip matches the search."


def test_checkpoints_that_cannot_be_listed_are_told_of(
    open_page: Opener, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_opened: list[Path]) -> list[SystemFile]:
        raise StudioError("The runs folder cannot be read.")

    monkeypatch.setattr("app.pages.compare.page.list_systems", fail)
    page = open_page()
    qtbot.waitUntil(lambda: page.banner.isVisible())
    assert page.empty.title.text() == "Compare needs two systems"


def test_caption_and_compare(open_page: Opener, qtbot: QtBot) -> None:
    two_runs()
    page = open_page()
    ready(page, qtbot)
    titles = [file.title for file in page.systems.selected()]
    assert titles == ["plain", "with contrast"]
    assert page.source.split.currentText() == "test"
    assert page.top.button.text() == "Caption 6 clips"

    captioned(page, qtbot)

    assert page.model.captioned() == 6
    assert page.model.index(2, 2).data() == "a dog barks 2 times"
    assert not page.top.button.isEnabled()
    assert "captioned" in page.top.button.toolTip()
    assert "6 captioned by all, 6 differ" in page.clips.count.text()
    page.clips.table.selectRow(2)
    details = page.clips.details
    assert details.sound.title.text() == "test-2"
    assert "dogs are barking" in details.references.text()
    assert "times" in details.columns[1].caption.text()
    assert "dogs bark" in details.columns[1].beams.text()
    assert "Dog 0.90" in details.columns[0].tags.text()
    assert not details.columns[2].isVisible()


def test_adding_a_system_captions_only_what_is_new(open_page: Opener, qtbot: QtBot) -> None:
    two_runs()
    make_run("third")
    loaded: list[str] = []

    def load(path: Path) -> FakeCaptioner:
        loaded.append(path.parent.parent.name)
        return FakeCaptioner(path)

    page = open_page(load)
    ready(page, qtbot)
    captioned(page, qtbot)
    assert len(loaded) == 2
    qtbot.mouseClick(page.systems.add, Qt.MouseButton.LeftButton)
    # Clip, three systems, gain.
    assert page.model.columnCount() == 5
    assert page.model.index(0, 1).data()
    assert page.top.button.text() == "Caption 6 clips"
    captioned(page, qtbot)
    assert len(loaded) == 3
    assert page.model.captioned() == 6
    qtbot.mouseClick(page.systems.chips[0].remove, Qt.MouseButton.LeftButton)
    assert page.model.columnCount() == 4
    # What was captioned before is still there.
    assert page.model.captioned() == 6
    assert not page.systems.chips[0].remove.isEnabled()


def test_stop_keeps_what_is_there(open_page: Opener, qtbot: QtBot) -> None:
    two_runs()
    gate = threading.Event()

    class Slow(FakeCaptioner):
        def caption_waveform(self, samples: np.ndarray, sample_rate: int) -> Caption:
            if samples[0] > 0.015:
                gate.wait(10)
            return super().caption_waveform(samples, sample_rate)

    page = open_page(Slow)
    ready(page, qtbot)
    qtbot.mouseClick(page.top.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.model.captioned() == 2)
    assert page.top.stop.isVisible()
    assert not page.top.button.isVisible()
    # What is in work is not asked for once more, and no bar runs to and fro.
    assert "are being captioned" in page.scores.empty.sentence.text()
    assert not page.scores.empty.button.isVisibleTo(page.scores.empty)
    assert page.top.bar.maximum() > 0
    qtbot.mouseClick(page.top.stop, Qt.MouseButton.LeftButton)
    gate.set()
    qtbot.waitUntil(lambda: not page.controller.captioning.busy)
    assert page.top.button.isVisible()
    assert 2 <= page.model.captioned() < 6
    qtbot.waitUntil(lambda: not page.controller.keeper.busy, timeout=10_000)


def test_a_checkpoint_that_fails_is_said_in_the_page(open_page: Opener, qtbot: QtBot) -> None:
    from core.errors import CheckpointError

    def load(path: Path) -> FakeCaptioner:
        raise CheckpointError(f"{path.name} is damaged; get it again.")

    two_runs()
    page = open_page(load)
    ready(page, qtbot)
    captioned(page, qtbot)
    assert "damaged" in page.model.index(0, 1).data()
    assert page.banner.isVisible()
    assert "best.safetensors is damaged" in page.banner.label.text()
    assert page.top.button.isEnabled()


def test_sound_files_are_dropped_and_compared(
    open_page: Opener, qtbot: QtBot, tmp_path: Path
) -> None:
    two_runs()
    folder = tmp_path / "sounds"
    folder.mkdir()
    for name in ("one.wav", "two.wav"):
        soundfile.write(folder / name, np.full(1600, 0.03), 16_000)
    (folder / "bad.wav").write_bytes(b"")
    page = open_page()
    ready(page, qtbot)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(folder))])
    page.dropEvent(
        QDropEvent(
            QPointF(QPoint(50, 300)),
            Qt.DropAction.CopyAction,
            mime,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )
    qtbot.waitUntil(lambda: len(page.model.rows) == 3)
    assert page.source.kind.value == FILES
    captioned(page, qtbot)
    assert page.model.captioned() == 2
    row = next(row for row in page.model.rows if row.clip.title == "bad.wav")
    assert "bad.wav" in row.problems[0]
    assert "no reference captions" in page.scores.about.text()
    # The failed one may be tried again.
    assert page.top.button.text() == "Caption 1 clip"


def test_export_writes_what_is_shown(
    open_page: Opener, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, studio: Studio
) -> None:
    two_runs()
    page = open_page()
    ready(page, qtbot)
    assert not page.clips.export.isEnabled()
    captioned(page, qtbot)
    target = tmp_path / "table.csv"
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", staticmethod(lambda *args: (str(target), ""))
    )
    page.clips.search.setText("test-4")
    qtbot.keyClick(page.clips.search, Qt.Key.Key_Return)
    with qtbot.waitSignal(studio.message):
        qtbot.mouseClick(page.clips.export, Qt.MouseButton.LeftButton)
    lines = target.read_text().splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("test-4,")


def test_a_checkpoint_from_elsewhere_is_opened(
    open_page: Opener, qtbot: QtBot, tmp_path: Path, studio: Studio
) -> None:
    from core.config import RunConfig

    make_run("plain")
    far = write_checkpoint(tmp_path / "far" / "friend.safetensors", RunConfig())
    page = open_page()
    ready(page, qtbot)
    studio.open_in_compare.emit([str(far)])
    qtbot.waitUntil(lambda: far in [file.path for file in page.systems.selected()])
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no")
    studio.open_in_compare.emit([str(broken)])
    qtbot.waitUntil(page.banner.isVisible)
    assert "broken.safetensors" in page.banner.label.text()
    assert len(page.systems.selected()) == 2


def test_settings_show_differences(open_page: Opener, qtbot: QtBot) -> None:
    two_runs()
    page = open_page()
    ready(page, qtbot)
    page.tabs.setCurrentWidget(page.settings)
    table = page.settings.table
    names = [table.item(row, 1).text() for row in range(table.rowCount())]
    assert "Temperature" in names
    assert "Epochs" not in names
    page.settings.only_differences.click()
    assert "Epochs" in [table.item(row, 1).text() for row in range(table.rowCount())]
    page.settings.search.setText("learning")
    assert table.rowCount() == 1
    nothing = page.settings.nothing
    assert not nothing.isVisible()
    page.settings.search.setText("zzz")
    assert nothing.isVisible() and nothing.text() == 'No setting matches "zzz".'
    page.settings.search.clear()
    page.settings.only_differences.click()
    same = page.systems.selected()[0]
    page.settings.set_systems([same, same])
    assert nothing.text() == "These systems were trained with the same settings."
    page.settings.set_systems([same])
    assert nothing.text().startswith("One system alone differs from nothing")


def test_splits_are_offered_once_they_are_known(studio: Studio, qtbot: QtBot) -> None:
    bar = SourceBar(studio)
    qtbot.addWidget(bar)
    bar.show()
    bar.load_splits()
    assert bar.split.placeholderText() == "Reading..."
    assert not bar.split.isEnabled() and not bar.clips.isVisible()
    qtbot.waitUntil(bar.clips.isVisible)
    assert bar.split.isEnabled() and bar.split.currentText()
    bar._no_splits("The folder is gone.", "")
    assert bar.split.placeholderText() == "No split" and not bar.clips.isVisible()


def test_the_choice_of_the_last_session_comes_back(open_page: Opener, qtbot: QtBot) -> None:
    two_runs()
    make_run("third")
    page = open_page()
    ready(page, qtbot)
    combo = page.systems.chips[0].combo
    wanted = combo.findText("third · best")
    assert wanted >= 0
    combo.setCurrentIndex(wanted)
    combo.activated.emit(wanted)
    again = open_page()
    ready(again, qtbot)
    assert [file.title for file in again.systems.selected()] == ["third", "with contrast"]


def test_both_themes_paint(open_page: Opener, qtbot: QtBot, studio: Studio) -> None:
    two_runs()
    page = open_page()
    ready(page, qtbot)
    captioned(page, qtbot)
    grounds = set()
    for mode in ("light", "dark"):
        studio.theme.set_mode(mode)
        image = page.clips.table.viewport().grab().toImage()
        grounds.add(image.pixelColor(image.width() - 4, image.height() - 4).name())
    assert len(grounds) == 2


def test_a_system_is_found_by_words_of_its_name(open_page: Opener, qtbot: QtBot) -> None:
    two_runs()
    make_run("with another contrast", contrast=True, seed=2)
    page = open_page()
    ready(page, qtbot)
    chip = page.systems.chips[0]
    assert chip.edit.text() == "plain · best"
    qtbot.mouseClick(chip.edit, Qt.MouseButton.LeftButton)
    popup = chip.completer.popup()
    assert popup.isVisible() and chip.matching.rowCount() == len(page.systems.files())
    qtbot.keyClicks(chip.edit, "last another")
    assert chip.matching.rowCount() == 1
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.systems.selected()[0].label == "with another contrast · last")
    assert page.systems.chips[0].edit.text() == "with another contrast · last"
    chip.edit.selectAll()
    qtbot.keyClicks(chip.edit, "nothing like it")
    qtbot.keyClick(chip.edit, Qt.Key.Key_Tab)
    chip.edit.editingFinished.emit()
    assert chip.edit.text() == "with another contrast · last"


def test_the_smallest_window_shows_everything_of_a_split(open_page: Opener, qtbot: QtBot) -> None:
    two_runs()
    page = open_page()
    page.resize(880, 520)
    ready(page, qtbot)
    source = page.source
    assert source.clips.text() == "first 6 of 6"
    fields = (source.kind, source.dataset, source.split, source.clips, page.top.evaluate)

    def apart() -> bool:
        edges = [(field.mapTo(page, QPoint(0, 0)).x(), field.width()) for field in fields]
        return all(left + width <= following for (left, width), (following, _) in pairwise(edges))

    # The layout has yet to hear that the text has grown.
    qtbot.waitUntil(apart)
    assert source.clips.width() >= source.clips.minimumSizeHint().width()
