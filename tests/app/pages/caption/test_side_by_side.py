"""Several checkpoints, other ways to look, words of one's own."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.pages.caption.captioning import Request
from app.pages.caption.files_pane import FilesPane
from app.pages.caption.search_options import SearchChoices
from app.pages.caption.sound_files import FileState
from core.captions import Caption
from core.config import DecodingConfig
from core.models.checkpoint_files import CheckpointFile

from .conftest import RATE, Parrot

Sound = Callable[..., Path]


def open_one(page: FilesPane, qtbot: QtBot, path: Path) -> None:
    page.open_paths([path])
    qtbot.waitUntil(lambda: page.stage.sound is not None)
    qtbot.waitUntil(lambda: [e.state for e in page.files.entries] == [FileState.DONE])


def test_two_checkpoints_caption_side_by_side(
    page: FilesPane,
    qtbot: QtBot,
    sound: Sound,
    checkpoints: list[CheckpointFile],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = CheckpointFile(
        path=Path("/other.safetensors"), title="CE+CL", kind="imported", encoder="yamnet"
    )
    assert not page.model_bar.also.isEnabled()
    checkpoints.append(other)
    page.checkpoints.refresh()
    qtbot.waitUntil(lambda: len(page.model_bar.also_menu.actions()) == 2)
    main, further = page.model_bar.also_menu.actions()
    assert not main.isEnabled()
    further.trigger()
    assert page.model_bar.chosen() == [Path("/good.safetensors"), other.path]
    assert page.model_bar.also.toolTip().endswith("\nCE+CL · yamnet")

    class Named(Parrot):
        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

        def caption_file(self, *values: object, **others: object) -> Caption:
            caption = super().caption_file(*values, **others)  # type: ignore[arg-type]
            return dataclasses.replace(caption, checkpoint=str(self.path))

    monkeypatch.setattr(page.captioning.cache, "_load", Named)
    open_one(page, qtbot, sound())
    qtbot.waitUntil(lambda: page.result.tabs.count() == 2 and not page.captioning.busy)
    assert [page.result.tabs.tabText(tab) for tab in (0, 1)] == ["CE, seed 1 · best", "CE+CL"]
    assert page.result.tabs.isVisible()
    assert len(page.captioning.cache._captioners) == 2
    # The one that is chosen leads; the others do not push it aside.
    assert page.result.tabs.currentIndex() == 0
    assert page.result.result is not None
    assert page.result.result.checkpoint == "/good.safetensors"
    # What the other one says of the same sound stands under the caption, and leads to it.
    others = page.result.view.others
    assert others.isVisible()
    muted = page._studio.theme.colours.muted
    assert others.item(0, 0).foreground().color().name() == muted.lower()
    assert [others.item(0, column).text() for column in (0, 1)] == ["CE+CL", "a dog barks twice"]
    qtbot.mouseClick(
        others.viewport(),
        Qt.MouseButton.LeftButton,
        pos=others.visualItemRect(others.item(0, 1)).center(),
    )
    assert page.result.tabs.currentIndex() == 1
    assert others.item(0, 0).text() == "CE, seed 1 · best"


def test_edited_words_are_copied_exported_and_kept(
    page: FilesPane, qtbot: QtBot, sound: Sound, tmp_path: Path
) -> None:
    path = sound()
    open_one(page, qtbot, path)
    view = page.result.view
    view.edit.click()
    assert view.editor.text() == "a dog barks twice"
    view.editor.setText("  a small dog  barks ")
    qtbot.keyClick(view.editor, Qt.Key.Key_Return)
    assert not view.editing
    assert page.files.entries[0].results[0].text == "a small dog barks"
    assert "edited" in view.facts.text()
    assert view.words.buttons == []
    view.copy_caption()
    assert QGuiApplication.clipboard().text() == "a small dog barks"
    page.saver.save_captions(tmp_path / "out.json")
    (record,) = json.loads((tmp_path / "out.json").read_text())
    assert (record["caption"], record["edited"]) == ("a small dog barks", True)
    with qtbot.waitSignal(page._studio.datasets_changed):
        view.keep.click()
    table = (page.saver.references / "captions.csv").read_text(encoding="utf-8")
    assert table == f"file,caption\n{path.name},a small dog barks\n"
    # Escape leaves the words as they were; the model's own words bring its evidence back.
    view.edit.click()
    view.editor.setText("nonsense")
    page._on_escape()
    assert page.files.entries[0].results[0].text == "a small dog barks"
    view.edit.click()
    view.editor.setText("a dog barks twice")
    view.edit.click()
    assert len(view.words.buttons) == 4


def test_references_that_cannot_be_kept_are_told(
    page: FilesPane, qtbot: QtBot, sound: Sound, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sound()
    open_one(page, qtbot, path)
    monkeypatch.setattr(
        "app.pages.caption.saving.QFileDialog.getExistingDirectory", lambda *_: str(path)
    )
    page.result.view.folder_clicked.emit()
    assert str(path) in page.result.view.keep.toolTip()
    page.result.view.keep.click()
    qtbot.waitUntil(page.banner.isVisible)
    assert "choose another folder" in page.banner.label.text()


def test_a_layer_of_the_decoder_can_be_chosen(page: FilesPane, qtbot: QtBot, sound: Sound) -> None:
    open_one(page, qtbot, sound())
    view = page.result.view
    box = view.layers.box
    assert [box.itemText(row) for row in range(3)] == ["All layers", "Layer 1", "Layer 2"]
    all_layers = view.weights(1)
    box.setCurrentIndex(2)
    np.testing.assert_array_equal(view.weights(1), all_layers[::-1])
    moment = view.moments[1]
    box.setCurrentIndex(0)
    assert view.moments[1] != moment


@pytest.mark.parametrize(
    ("wording", "text", "words"),
    [("possible", "possibly a dog barks twice", 4), ("silence", "silence", 0)],
)
def test_words_that_are_not_the_models_own_stand_apart(
    page: FilesPane,
    parrot: Parrot,
    tmp_path: Path,
    sound: Sound,
    wording: str,
    text: str,
    words: int,
) -> None:
    caption = parrot.caption_file(sound(), DecodingConfig())
    changed = dataclasses.replace(caption, text=text, wording=wording, confidence=0.375)
    request = Request(tmp_path / "x.wav")
    page.files.add([request.path])
    page.list.select(request.path)
    page.captioning.captioned.emit(request, changed)
    view = page.result.view
    assert len(view.words.buttons) == words
    assert [label.text() for label in view.words._labels] == text.split()[
        : len(text.split()) - words
    ]
    assert "confidence 38 %" in view.facts.text()


def test_what_the_model_hears(page: FilesPane, qtbot: QtBot, sound: Sound) -> None:
    open_one(page, qtbot, sound())
    view = page.stage.view.spectrogram
    assert page.stage.hears.isEnabled()
    page.stage.hears.click()
    qtbot.waitUntil(lambda: view.content is not None and view.content.banded)
    assert view.frequency_range() == pytest.approx((100.0, 1000.0))
    assert view.content is not None
    assert view.content.level_at(1.0, 500.0) == -10.0
    assert view.content.level_at(1.0, 200.0) == -60.0
    page.stage.hears.click()
    assert not view.content.banded
    assert view.frequency_range() == pytest.approx((0.0, RATE / 2))


def test_windows_and_hops_can_be_chosen(page: FilesPane, qtbot: QtBot, sound: Sound) -> None:
    open_one(page, qtbot, sound())
    before = page.stage.sound
    display = page.stage.display
    display.window_length.setCurrentIndex(display.window_length.findData(4096))
    display.hop.setCurrentIndex(display.hop.findData(8))
    qtbot.waitUntil(
        lambda: (
            page.stage.sound is not None
            and page.stage.sound is not before
            and page.stage.sound.resolution == display.resolution
        )
    )
    content = page.stage.view.spectrogram.content
    assert content is not None
    assert len(content.raw.frequencies) == 2049
    assert content.column_seconds == pytest.approx(512 / RATE)
    display.follow.setChecked(False)
    view = page.stage.view
    view.spectrogram.getPlotItem().setXRange(0.0, 1.0, padding=0)
    view.set_playhead(1.5)
    assert view.spectrogram.time_range() == pytest.approx((0.0, 1.0))


def test_the_overview_moves_the_view(page: FilesPane, qtbot: QtBot, sound: Sound) -> None:
    open_one(page, qtbot, sound(seconds=4.0))
    view = page.stage.view
    view.spectrogram.getPlotItem().setXRange(0.0, 1.0, padding=0)
    strip = view.overview
    left, right = strip._track()
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip.rect().center())
    middle = 4.0 * (strip.rect().center().x() - left) / (right - left)
    start, end = view.spectrogram.time_range()
    assert (start + end) / 2 == pytest.approx(middle, abs=0.05)
    assert not strip.grab().isNull()


def test_choices_of_the_search_are_remembered_and_keep_their_order(page: FilesPane) -> None:
    form = page.model_bar.form
    form.min_tokens.setValue(12)
    form.max_tokens.setValue(9)
    form.strategy.setCurrentIndex(form.strategy.findData("rerank"))
    form.window_length.setValue(4.0)
    assert form.hop.value() <= 4.0
    rules = page.model_bar.choices().apply(DecodingConfig())
    assert (rules.strategy, rules.min_tokens, rules.max_tokens) == ("rerank", 8, 9)
    assert SearchChoices().apply(DecodingConfig()) == DecodingConfig()
    assert page._studio.settings.value("caption/strategy") == "rerank"
    form.long.setValue(30.0)
    settings = form.timeline(31.0)
    assert settings is not None
    assert settings.window == 4.0
    assert form.timeline(30.0) is None


def test_a_sound_that_is_too_short_is_told(page: FilesPane, qtbot: QtBot, sound: Sound) -> None:
    page.open_paths([sound("click.wav", 0.02)])
    qtbot.waitUntil(lambda: [e.state for e in page.files.entries] == [FileState.FAILED])
    assert "0.020 s long" in page.files.entries[0].message


def test_a_part_that_cannot_be_captioned_leaves_the_rest(
    page: FilesPane, qtbot: QtBot, sound: Sound, parrot: Parrot
) -> None:
    path = sound()
    open_one(page, qtbot, path)
    page.caption([Request(path, 5.0, 1.0)])
    qtbot.waitUntil(page.banner.isVisible)
    assert [e.state for e in page.files.entries] == [FileState.DONE]
    assert page.result.result is not None


def test_keys_loop(page: FilesPane, qtbot: QtBot, sound: Sound) -> None:
    open_one(page, qtbot, sound())
    assert not page.stage.player_bar.loop.isChecked()
    qtbot.keyClick(page, Qt.Key.Key_L)
    assert page.stage.player_bar.loop.isChecked()
    played: list[object] = []
    player = page._studio.player
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(player, "problem", "")
        patch.setattr(player, "play", lambda *values: played.append(values[2:]))
        page.stage.view.select(0.5, 1.5)
        QApplication.processEvents()
        page.stage.listening.toggle()
    assert played == [(0.5, 1.5, 0.5)]
