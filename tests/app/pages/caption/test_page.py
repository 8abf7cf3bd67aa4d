from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app.pages.caption import empty_pane
from app.pages.caption.batch_offer import MOST_AT_ONCE
from app.pages.caption.files_pane import FilesPane
from app.pages.caption.sound_files import FileState
from app.studio import Studio
from core.models.checkpoint_files import CheckpointFile

from .conftest import Parrot

Sound = Callable[..., Path]


def drop(page: FilesPane, paths: Iterable[Path]) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    copy = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(600, 300), copy, mime, buttons, keys)
    QApplication.sendEvent(page, enter)
    assert enter.isAccepted()
    assert page.drop_frame.isVisible()
    QApplication.sendEvent(page, QDropEvent(QPointF(600, 300), copy, mime, buttons, keys))
    assert not page.drop_frame.isVisible()


def states(page: FilesPane) -> list[FileState]:
    return [entry.state for entry in page.files.entries]


def open_and_caption(page: FilesPane, qtbot: QtBot, *paths: Path) -> None:
    drop(page, paths)
    qtbot.waitUntil(lambda: page.stage.sound is not None)
    qtbot.waitUntil(lambda: states(page) == [FileState.DONE] * len(paths))


def test_empty_page_offers_to_open_and_to_try_a_starter_sound(
    page: FilesPane, qtbot: QtBot, sound: Sound, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert page.empty.isVisible()
    path = sound()
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(path)], ""))
    qtbot.mouseClick(page.empty.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.stage.sound is not None)
    assert not page.empty.isVisible()
    qtbot.mouseClick(page.list.clear, Qt.MouseButton.LeftButton)
    assert page.empty.isVisible()
    assert page.stage.sound is None
    other = sound("starter.wav")
    monkeypatch.setattr(empty_pane, "starter_sounds", lambda: [other])
    page.empty.starter.show()
    qtbot.mouseClick(page.empty.starter, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.list.current_path() == other)


def test_starter_sounds_are_those_of_the_resources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("dog/b.flac", "cat/a.ogg", "cat/LICENCE.txt"):
        path = tmp_path / "starter" / "sounds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.setattr(empty_pane.paths, "resources_dir", lambda: tmp_path)
    assert [path.name for path in empty_pane.starter_sounds()] == ["a.ogg", "b.flac"]


def test_dropped_sound_is_shown_in_seconds_and_hertz(
    page: FilesPane, qtbot: QtBot, sound: Sound
) -> None:
    drop(page, [sound(seconds=2.0)])
    qtbot.waitUntil(lambda: page.stage.sound is not None)
    view = page.stage.view.spectrogram
    assert view.time_range() == pytest.approx((0.0, 2.0))
    assert page.stage.view.waveform.time_range() == pytest.approx((0.0, 2.0))
    page.stage.display.scale.buttons["linear"].click()
    assert view.frequency_range() == pytest.approx((0.0, 8000.0))
    page.stage.display.scale.buttons["log"].click()
    assert view.frequency_range() == pytest.approx((20.0, 8000.0))
    assert "16 kHz" in page.stage.facts.text()


def test_several_dropped_files_with_a_broken_one(
    page: FilesPane, qtbot: QtBot, sound: Sound, broken: Path
) -> None:
    folder = sound("folder/deep/three.wav").parent.parent
    (folder / "notes.txt").write_text("no sound")
    drop(page, [broken, sound("one.wav"), sound("two.wav"), folder])
    done = FileState.DONE
    qtbot.waitUntil(lambda: states(page) == [FileState.FAILED, done, done, done])
    names = [entry.path.name for entry in page.files.entries]
    assert names == ["broken.wav", "one.wav", "two.wav", "three.wav"]
    assert page.banner.isVisible()
    assert "broken.wav" in page.banner.label.text()
    assert page.list.current_path() == page.files.entries[1].path
    qtbot.waitUntil(lambda: page.stage.sound is not None)
    page.list.select(broken)
    assert page.stage.sound is None
    assert "broken.wav" in page.stage.notice.label.text()
    assert not page.model_bar.button.isEnabled()
    assert not page.stage.display.fit.isEnabled()


def test_mended_file_can_be_dropped_again(
    page: FilesPane, qtbot: QtBot, sound: Sound, broken: Path
) -> None:
    drop(page, [broken])
    qtbot.waitUntil(lambda: states(page) == [FileState.FAILED])
    broken.write_bytes(sound().read_bytes())
    drop(page, [broken])
    qtbot.waitUntil(lambda: states(page) == [FileState.DONE])
    qtbot.waitUntil(lambda: page.stage.sound is not None)
    assert not page.banner.isVisible()


def test_sound_that_breaks_off_inside_is_reported(
    page: FilesPane, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "nan.wav"
    soundfile.write(path, np.full(8000, np.nan, np.float32), 16_000, subtype="FLOAT")
    drop(page, [path])
    qtbot.waitUntil(lambda: states(page) == [FileState.FAILED])
    assert not page.banner.isVisible()  # once is enough
    assert "no numbers" in page.stage.notice.label.text()


def test_folder_without_sounds_says_so(page: FilesPane, qtbot: QtBot, tmp_path: Path) -> None:
    drop(page, [tmp_path])
    qtbot.waitUntil(page.banner.isVisible)
    assert "no sound file" in page.banner.label.text()


def test_words_beams_tags_and_confidence(page: FilesPane, qtbot: QtBot, sound: Sound) -> None:
    open_and_caption(page, qtbot, sound())
    result = page.result
    assert [button.text() for button in result.view.words.buttons] == ["a", "dog", "barks", "twice"]
    assert "0.50" in result.view.words.buttons[1].toolTip()
    assert "−0.50" in result.view.facts.text()
    assert result.view.beams.item(1, 1).text() == "a cat meows"
    assert result.view.beams.item(1, 0).text() == "−0.750"
    assert "Dog: 0.80" in result.view.tags.toolTip()
    qtbot.mouseClick(result.view.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "a dog barks twice"


def test_word_lights_up_and_plays_its_moment(
    page: FilesPane, qtbot: QtBot, sound: Sound, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_and_caption(page, qtbot, sound())
    overlay = page.stage.view.spectrogram._attention
    word = page.result.view.words.buttons[2]
    assert not overlay.isVisible()
    word.setFocus()
    page.result.view.words.word_entered.emit(2)
    assert overlay.isVisible()
    # Frame 8 of 0.1 s holds the weight: opaque there, nearly clear elsewhere.
    assert int(np.argmax(overlay.image[0, :, 3])) == 8
    assert overlay.image[0, 8, 3] > 10 * overlay.image[0, 0, 3]
    page.result.view.words.word_left.emit()
    assert not overlay.isVisible()
    played: list[tuple[float, float]] = []
    player = page._studio.player
    monkeypatch.setattr(player, "problem", "")
    monkeypatch.setattr(
        player, "play", lambda _s, _r, start, end, _loop: played.append((start, end))
    )
    qtbot.mouseClick(word, Qt.MouseButton.LeftButton)
    assert played == [pytest.approx((0.55, 1.15))]


def test_selection_is_captioned_alone(
    page: FilesPane, qtbot: QtBot, sound: Sound, parrot: Parrot
) -> None:
    open_and_caption(page, qtbot, sound())
    page.model_bar.beam_size.setValue(5)
    page.stage.view.select(1.5, 0.5)
    bar = page.stage.player_bar
    assert bar.part.text() == "0.50–1.50 s"
    qtbot.mouseClick(bar.caption_part, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(parrot.asked) == 2 and states(page) == [FileState.DONE])
    assert parrot.asked[1] == ("tone.wav", 5, 0.5, 1.0)
    assert page.result.result is not None
    assert page.result.result.start == 0.5
    assert "0.50–1.50 s" in page.result.view.facts.text()
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert page.stage.view.selection is None
    assert not bar.caption_part.isVisible()


def test_busy_page_says_so_and_stops(
    page: FilesPane, qtbot: QtBot, sound: Sound, parrot: Parrot
) -> None:
    parrot.gate.clear()
    drop(page, [sound("one.wav"), sound("two.wav"), sound("three.wav")])
    qtbot.waitUntil(lambda: states(page)[0] is FileState.CAPTIONING)
    assert states(page)[1:] == [FileState.WAITING] * 2
    assert "one.wav" in page.result.sentence.text()
    qtbot.mouseClick(page.model_bar.stop, Qt.MouseButton.LeftButton)
    parrot.gate.set()
    qtbot.waitUntil(lambda: not page.captioning.busy)
    assert FileState.WAITING not in states(page)
    assert FileState.CAPTIONING not in states(page)
    assert states(page)[2] is FileState.OPENED
    assert not page.model_bar.stop.isVisible()


def test_model_that_does_not_load_is_reported_with_details(
    page: FilesPane, qtbot: QtBot, sound: Sound, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_path: Path) -> Parrot:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(page.captioning.cache, "_load", fail)
    drop(page, [sound()])
    qtbot.waitUntil(page.banner.isVisible)
    assert "out of memory" in page.banner.label.text()
    assert "Traceback" in page.banner.details.toPlainText()
    assert states(page) == [FileState.OPENED]
    assert page.model_bar.button.isEnabled()


def test_without_a_checkpoint_the_way_leads_to_training(
    page: FilesPane,
    qtbot: QtBot,
    sound: Sound,
    checkpoints: list[CheckpointFile],
    studio: Studio,
) -> None:
    checkpoints.clear()
    studio.checkpoints_changed.emit()
    qtbot.waitUntil(lambda: page.model_bar.checkpoint() is None)
    drop(page, [sound()])
    qtbot.waitUntil(lambda: page.stage.sound is not None)
    assert states(page) == [FileState.OPENED]
    assert not page.model_bar.button.isEnabled()
    assert page.result.action.isVisible()
    with qtbot.waitSignal(studio.show_page) as signal:
        qtbot.mouseClick(page.result.action, Qt.MouseButton.LeftButton)
    assert signal.args == ["train"]


def test_broken_checkpoint_is_listed_but_cannot_be_chosen(page: FilesPane) -> None:
    model = page.model_bar.checkpoints.model()
    flags = model.flags(model.index(0, 0))
    assert not flags & Qt.ItemFlag.ItemIsEnabled
    assert model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole) == "Cut."
    assert page.model_bar.checkpoint() == Path("/good.safetensors")


def test_paste_recent_remove_and_other_pages(
    page: FilesPane, qtbot: QtBot, sound: Sound, studio: Studio
) -> None:
    first, second = sound("first.wav"), sound("second.wav")
    QGuiApplication.clipboard().setText(f'"{first}"')
    qtbot.mouseClick(page.list.paste, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: states(page) == [FileState.DONE])
    page.open_paths([str(second)])
    qtbot.waitUntil(lambda: states(page) == [FileState.DONE] * 2)
    recent = page.list.recent_menu.actions()
    assert [action.text() for action in recent] == ["second.wav", "first.wav"]
    assert page.list.selected_paths() == [second]
    qtbot.mouseClick(page.list.remove, Qt.MouseButton.LeftButton)
    assert [entry.path for entry in page.files.entries] == [first]
    recent[0].trigger()
    qtbot.waitUntil(lambda: states(page) == [FileState.DONE] * 2)
    assert page.list.current_path() == second
    QGuiApplication.clipboard().setText("just words")
    page.intake.paste()
    assert "no path of a file" in page.banner.label.text()


def test_several_selected_files_are_captioned_again(
    page: FilesPane, qtbot: QtBot, sound: Sound, parrot: Parrot
) -> None:
    open_and_caption(page, qtbot, sound("one.wav"), sound("two.wav"))
    page.list.view.selectAll()
    assert page.model_bar.button.text() == "Caption 2 files"
    qtbot.mouseClick(page.model_bar.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(parrot.asked) == 4 and states(page) == [FileState.DONE] * 2)


def test_export_writes_every_caption(
    page: FilesPane, qtbot: QtBot, sound: Sound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not page.list.export.isEnabled()
    open_and_caption(page, qtbot, sound("one.wav"), sound("two.wav"))
    target = tmp_path / "out.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    csv_action, json_action = page.list.export.menu().actions()
    csv_action.trigger()
    lines = target.read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("one.wav,")
    target = tmp_path / "out.json"
    json_action.trigger()
    records = json.loads(target.read_text(encoding="utf-8"))
    assert records[0]["caption"] == "a dog barks twice"
    assert records[0]["words"][1] == {"text": "dog", "probability": 0.5}
    (tmp_path / "file").touch()
    page.saver.save_captions(tmp_path / "file" / "out.csv")
    assert "could not be written" in page.banner.label.text()


def test_keys_fit_the_view_and_leave_buttons_their_space(
    page: FilesPane, qtbot: QtBot, sound: Sound
) -> None:
    open_and_caption(page, qtbot, sound())
    page.stage.view.spectrogram.getPlotItem().setXRange(0.5, 1.0, padding=0)
    assert page.stage.view.waveform.time_range() == pytest.approx((0.5, 1.0), abs=0.01)
    qtbot.keyClick(page, Qt.Key.Key_F)
    assert page.stage.view.spectrogram.time_range() == pytest.approx((0.0, 2.0))
    word = page.result.view.words.buttons[0]
    qtbot.waitUntil(word.isVisible)
    word.setFocus()
    with qtbot.waitSignal(page.result.view.moment_chosen):
        page._on_space()


def test_close_look_is_computed_in_a_worker(page: FilesPane, qtbot: QtBot, sound: Sound) -> None:
    open_and_caption(page, qtbot, sound())
    view = page.stage.view.spectrogram
    view.getPlotItem().setXRange(0.9, 1.1, padding=0)
    qtbot.waitUntil(lambda: view._detail is not None)
    # Silence and tone are apart in the read-out, too.
    before, after = view._detail.level_at(0.95, 1000.0), view._detail.level_at(1.05, 1000.0)
    assert before == pytest.approx(-120.0, abs=1.0)
    assert after == pytest.approx(-6.0, abs=1.5)


def test_going_back_to_a_sound_shows_it_at_once(
    page: FilesPane, qtbot: QtBot, sound: Sound
) -> None:
    first, second = sound("first.wav", 1.0), sound("second.wav", 3.0)
    open_and_caption(page, qtbot, first, second)
    page.list.select(second)
    qtbot.waitUntil(lambda: page.stage.view.spectrogram.duration == pytest.approx(3.0))
    page.list.select(first)
    assert page.stage.view.spectrogram.duration == pytest.approx(1.0)


def test_a_checkpoint_that_is_none_is_told(page: FilesPane, tmp_path: Path) -> None:
    path = tmp_path / "best.safetensors"
    path.write_bytes(b"rubbish")
    page.open_paths([str(path)])
    assert not page.banner.isHidden()


def test_failure_stands_in_place_of_the_sound_and_can_be_tried_again(
    page: FilesPane, qtbot: QtBot, sound: Sound, broken: Path
) -> None:
    drop(page, [broken])
    notice = page.stage.notice
    qtbot.waitUntil(notice.retry.isVisible)
    assert "broken.wav" in notice.label.text()
    assert not page.banner.isVisible()
    broken.write_bytes(sound().read_bytes())
    qtbot.mouseClick(notice.retry, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: states(page) == [FileState.DONE])
    qtbot.waitUntil(lambda: page.stage.sound is not None)
    assert not notice.isVisible()


def test_what_was_said_of_a_vanished_file_stays(
    page: FilesPane, qtbot: QtBot, sound: Sound
) -> None:
    path = sound()
    open_and_caption(page, qtbot, path)
    path.unlink()
    page.caption_selected()
    qtbot.waitUntil(lambda: states(page) == [FileState.FAILED])
    assert "There is no file" in page.banner.label.text()
    assert page.result.result is not None


def test_many_files_are_offered_to_the_queue(page: FilesPane, qtbot: QtBot, sound: Sound) -> None:
    folder = sound("many/0.wav", 0.2).parent
    for number in range(1, MOST_AT_ONCE + 1):
        (folder / f"{number}.wav").write_bytes((folder / "0.wav").read_bytes())
    drop(page, [folder])
    qtbot.waitUntil(lambda: states(page).count(FileState.DONE) == 1)
    assert page.list.current_path() == page.files.entries[0].path
    assert states(page).count(FileState.OPENED) == MOST_AT_ONCE
    assert page.banner.action.isVisible()
    with qtbot.waitSignal(page.batch_wanted) as signal:
        qtbot.mouseClick(page.banner.action, Qt.MouseButton.LeftButton)
    assert signal.args == [[folder]]
    # One of them that is opened by itself is captioned as any other.
    page.open_paths([folder / "7.wav"])
    qtbot.waitUntil(lambda: states(page).count(FileState.DONE) == 2)


def test_missing_checkpoint_says_so(page: FilesPane) -> None:
    page.open_paths(["/nowhere/x.safetensors"])
    assert "There is no checkpoint '/nowhere/x.safetensors'" in page.banner.label.text()


def test_tab_leads_from_the_words_to_the_buttons(
    page: FilesPane, qtbot: QtBot, sound: Sound
) -> None:
    open_and_caption(page, qtbot, sound())
    view = page.result.view
    walk = [view.words.buttons[0]]
    while walk[-1] is not view.copy:
        walk.append(walk[-1].nextInFocusChain())
        assert len(walk) < 10
    assert walk[:4] == view.words.buttons


def test_a_clicked_button_leaves_the_space_bar_to_the_sound(
    page: FilesPane, qtbot: QtBot, sound: Sound
) -> None:
    open_and_caption(page, qtbot, sound())
    page.list.view.setFocus()
    qtbot.mouseClick(page.model_bar.button, Qt.MouseButton.LeftButton)
    assert page.list.view.hasFocus()
    qtbot.waitUntil(lambda: not page.captioning.busy)


def test_a_name_without_a_space_does_not_widen_the_page(page: FilesPane) -> None:
    name = 200 * "x" + ".wav"
    for say in (page.result.show_message, page.stage.show_failure, page.banner.show_message):
        say(f"'{name}' is damaged or is no sound.")
    assert page.result.minimumSizeHint().width() < 400
    assert page.stage.notice.minimumSizeHint().width() < 500
    assert page.banner.minimumSizeHint().width() < 500
    # Markup in a name is no markup.
    page.banner.show_message("'<b>a</b>.wav' is damaged.")
    assert page.banner.label.textFormat() is Qt.TextFormat.PlainText


def test_folders_without_permission_are_told(
    page: FilesPane, qtbot: QtBot, sound: Sound, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    path = sound("open/tone.wav")

    def refuse(paths: list[Path], most: int | None = None, closed: list[Path] | None = None):  # type: ignore[no-untyped-def]
        assert closed is not None
        closed.append(tmp_path / "closed")
        return [path] if path.parent in paths else []

    monkeypatch.setattr("app.pages.caption.file_opener.collect_sounds", refuse)
    page.open_paths([closed])
    qtbot.waitUntil(page.banner.isVisible)
    assert "no permission to look into" in page.banner.sentence
    page.open_paths([closed, path.parent])
    qtbot.waitUntil(lambda: len(page.files.entries) == 1)
    assert page.banner.isVisible() and "no permission to look into" in page.banner.sentence
    qtbot.waitUntil(lambda: page.files.entries[0].state is FileState.DONE)
