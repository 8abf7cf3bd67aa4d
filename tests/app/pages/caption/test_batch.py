"""The queue in a window: any number of files, broken ones among them, kept through a crash."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.pages.caption.batch_model import (
    CAPTION,
    FILE,
    LENGTH,
    STATE,
    TIME,
    BatchFilter,
    BatchModel,
)
from app.pages.caption.batch_pane import BatchPane
from app.pages.caption.captioners import CaptionerCache
from app.studio import Studio
from core.batch import BatchRow, RowState
from core.models.checkpoint_files import CheckpointFile

from .conftest import Parrot


@pytest.fixture
def make_pane(
    studio: Studio, qtbot: QtBot, parrot: Parrot, checkpoints: list[CheckpointFile]
) -> Iterator[Callable[[], BatchPane]]:
    shown = []

    def make() -> BatchPane:
        pane = BatchPane(studio, CaptionerCache(lambda _path: parrot))
        qtbot.addWidget(pane)
        pane.resize(1200, 600)
        pane.show()
        qtbot.waitUntil(lambda: pane.model_bar.checkpoints.count() == len(checkpoints))
        shown.append(pane)
        return pane

    yield make
    parrot.gate.set()
    for pane in shown:
        pane.hide()


@pytest.fixture
def folder(sound: Callable[..., Path], tmp_path: Path) -> Path:
    """Fifty short sounds, one of them no sound at all."""
    for number in range(49):
        sound(f"many/s{number:02}.wav", seconds=0.1 + 0.01 * number)
    (tmp_path / "many" / "s49.wav").write_bytes(b"this is no sound")
    return tmp_path / "many"


def fill(pane: BatchPane, folder: Path, qtbot: QtBot, count: int = 50) -> None:
    pane.add([folder])
    qtbot.waitUntil(lambda: pane.model.rowCount() == count)


def finish(pane: BatchPane, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not pane.controller.running, timeout=20_000)


def test_folder_is_captioned_and_the_broken_file_is_listed(
    make_pane: Callable[[], BatchPane], folder: Path, qtbot: QtBot
) -> None:
    pane = make_pane()
    fill(pane, folder, qtbot)
    pane.model_bar.button.click()
    finish(pane, qtbot)
    assert pane.model.count(RowState.DONE) == 49
    assert pane.model.count(RowState.FAILED) == 1
    failed = pane.model.find(folder / "s49.wav")
    assert failed is not None and "not a sound file" in failed.message
    assert all(row.caption for row in pane.model.rows if row.state is RowState.DONE)
    assert pane.progress.text.text() == "49 of 50 captioned · 1 failed"
    assert "Failed 1" in pane.bar.states.buttons["failed"].text()


def test_queue_is_filtered_and_sorted(
    make_pane: Callable[[], BatchPane], folder: Path, qtbot: QtBot
) -> None:
    pane = make_pane()
    fill(pane, folder, qtbot)
    pane.start()
    finish(pane, qtbot)
    pane.bar.states.buttons["failed"].click()
    assert pane.filter.rowCount() == 1
    pane.bar.states.buttons["all"].click()
    pane.bar.words.setText("S1")
    assert pane.filter.rowCount() == 10
    pane.bar.words.clear()
    pane.table.sortByColumn(LENGTH, Qt.SortOrder.DescendingOrder)
    assert pane.filter.index(0, 0).data() == "s48.wav"
    assert pane.filter.index(0, CAPTION).data() in ("a dog", "a hum")
    pane.table.sortByColumn(STATE, Qt.SortOrder.DescendingOrder)
    assert pane.filter.index(0, STATE).data() == "failed"


def test_failed_files_are_tried_again(
    make_pane: Callable[[], BatchPane], folder: Path, sound: Callable[..., Path], qtbot: QtBot
) -> None:
    pane = make_pane()
    fill(pane, folder, qtbot)
    pane.start()
    finish(pane, qtbot)
    sound("many/s49.wav", seconds=0.2)
    pane.bar.retry.click()
    finish(pane, qtbot)
    assert pane.model.count(RowState.DONE) == 50


def test_files_are_cancelled_paused_and_followed_by_others(
    make_pane: Callable[[], BatchPane],
    folder: Path,
    sound: Callable[..., Path],
    parrot: Parrot,
    qtbot: QtBot,
) -> None:
    pane = make_pane()
    fill(pane, folder, qtbot)
    parrot.gate.clear()
    pane.start()
    qtbot.waitUntil(lambda: pane.model.count(RowState.CAPTIONING) > 0)
    pane.controller.cancel([folder / "s48.wav"])
    pane.progress.pause.click()
    assert pane.controller.paused
    assert pane.progress.pause.text() == "Continue"
    pane.progress.pause.click()
    pane.add([sound("late.wav", seconds=0.2)])
    qtbot.waitUntil(lambda: pane.model.rowCount() == 51)
    parrot.gate.set()
    qtbot.waitUntil(lambda: pane.model.count(RowState.DONE) == 49, timeout=20_000)
    finish(pane, qtbot)
    row = pane.model.find(folder / "s48.wav")
    assert row is not None and row.state is RowState.CANCELLED


def test_sorting_takes_the_rows_as_they_are_now(studio: Studio, tmp_path: Path) -> None:
    model = BatchModel(studio.theme)
    shown = BatchFilter(model)
    paths = [tmp_path / name for name in ("b.wav", "c.wav", "a.wav")]
    model.add(paths)

    def names() -> str:
        return "".join(shown.index(row, FILE).data()[0] for row in range(shown.rowCount()))

    shown.sort(FILE)
    assert names() == "abc"
    model.put(BatchRow(paths[1]).failed("no", 3.0))
    model.put(BatchRow(paths[0]).failed("no", 1.0))
    shown.sort(TIME, Qt.SortOrder.DescendingOrder)
    assert names() == "cba"
    model.put(BatchRow(paths[2]).failed("no", 2.0))
    shown.set_words("wav")
    assert names() == "cab"
    model.reset({path: BatchRow(path).failed("no", 1.0 + at) for at, path in enumerate(paths)})
    assert names() == "acb"
    shown.sort(-1)
    assert names() == "bca"


def journal_lines(home: Path) -> int:
    return next((home / "batches").glob("*.jsonl")).read_bytes().count(b"\n")


def test_cancel_all_leaves_only_what_was_in_hand(
    make_pane: Callable[[], BatchPane], folder: Path, parrot: Parrot, qtbot: QtBot, home: Path
) -> None:
    pane = make_pane()
    fill(pane, folder, qtbot)
    parrot.gate.clear()
    pane.start()
    qtbot.waitUntil(lambda: pane.model.count(RowState.CAPTIONING) > 0)
    told: list[object] = []
    pane.model.dataChanged.connect(lambda *where: told.append(where))
    lines = journal_lines(home)
    pane.progress.cancel.click()
    # Thousands are called off in one go, on the screen and in what a crash leaves.
    assert len(told) == 1 and journal_lines(home) == lines + 1
    parrot.gate.set()
    finish(pane, qtbot)
    assert pane.model.count(RowState.CANCELLED) >= 50 - 17
    assert pane.model.count(RowState.WAITING) == 0


def test_queue_is_reopened_after_a_crash(
    make_pane: Callable[[], BatchPane], folder: Path, parrot: Parrot, qtbot: QtBot, home: Path
) -> None:
    pane = make_pane()
    fill(pane, folder, qtbot)
    pane.start()
    qtbot.waitUntil(lambda: pane.model.count(RowState.DONE) > 0)
    pane.controller.stop()
    finish(pane, qtbot)
    done = pane.model.count(RowState.DONE)
    journal = next((home / "batches").glob("*.jsonl"))
    with journal.open("ab") as stream:  # what a crash leaves of the line in hand
        stream.write(b'{"path": "/x/torn.wav", "sta')
    pane.hide()

    again = make_pane()
    assert again.model.rowCount() == 50
    assert again.model.count(RowState.DONE) == done
    before = {row.path: row.caption for row in pane.model.rows}
    assert {row.path: row.caption for row in again.model.rows} == before
    if again.model.count(RowState.WAITING):
        assert "stands where it was left" in again.banner.label.text()
    again.start()
    finish(again, qtbot)
    assert again.model.count(RowState.DONE) == 49


def test_results_are_exported(
    make_pane: Callable[[], BatchPane], folder: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    pane = make_pane()
    fill(pane, folder, qtbot)
    pane.start()
    finish(pane, qtbot)
    for kind, name in (("csv", "t.csv"), ("jsonl", "t.jsonl"), ("dcase", "d.csv")):
        pane.export(tmp_path / name, kind)
        qtbot.waitUntil(lambda name=name: (tmp_path / name).exists())
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as stream:
        table = list(csv.DictReader(stream))
    assert len(table) == 50
    assert sum(row["state"] == "failed" and bool(row["problem"]) for row in table) == 1
    lines = [json.loads(line) for line in (tmp_path / "t.jsonl").read_text().splitlines()]
    assert len(lines) == 50 and lines[0]["beams"] and lines[0]["tags"]
    with (tmp_path / "d.csv").open(newline="") as stream:
        submission = list(csv.reader(stream))
    assert submission[0] == ["file_name", "caption_predicted"]
    assert len(submission) == 50


def test_files_of_one_name_make_no_submission(
    make_pane: Callable[[], BatchPane], sound: Callable[..., Path], tmp_path: Path, qtbot: QtBot
) -> None:
    pane = make_pane()
    pane.add([sound("a/x.wav", seconds=0.2), sound("b/x.wav", seconds=0.2)])
    qtbot.waitUntil(lambda: pane.model.rowCount() == 2)
    pane.start()
    finish(pane, qtbot)
    pane.export(tmp_path / "d.csv", "dcase")
    qtbot.waitUntil(pane.banner.isVisible)
    assert "Two files are named 'x.wav'" in pane.banner.label.text()


def test_double_click_opens_the_file(
    make_pane: Callable[[], BatchPane], sound: Callable[..., Path], qtbot: QtBot
) -> None:
    pane = make_pane()
    path = sound("x.wav", seconds=0.2)
    pane.add([path])
    qtbot.waitUntil(lambda: pane.model.rowCount() == 1)
    with qtbot.waitSignal(pane.open_wanted) as told:
        pane.table.activated.emit(pane.filter.index(0, 0))
    assert told.args == [[str(path)]]
    pane.table.selectRow(0)
    pane.table.remove_clicked.emit(pane.table.selected())
    assert pane.model.rowCount() == 0
    assert pane.empty.isVisible()
    assert soundfile.info(path).frames > 0  # the file itself stays


def test_what_was_taken_off_comes_back(
    make_pane: Callable[[], BatchPane], folder: Path, qtbot: QtBot
) -> None:
    pane = make_pane()
    fill(pane, folder, qtbot)
    pane.start()
    finish(pane, qtbot)
    order = [row.path for row in pane.model.rows]
    pane.remove(order[3:5])
    assert pane.model.rowCount() == 48
    assert "2 files were taken off the queue" in pane.banner.label.text()
    pane.banner.action.click()
    assert [row.path for row in pane.model.rows] == order
    pane.clear()
    assert pane.empty.isVisible()
    pane.banner.action.click()
    assert pane.model.count(RowState.DONE) == 49
    assert not pane.banner.isVisible()
    # It has come back for good.
    journal = pane.controller._journal
    assert journal is not None
    qtbot.waitUntil(lambda: len(journal.load()) == 50)
    qtbot.waitUntil(lambda: sum(bool(row.caption) for row in journal.load().values()) == 49)


def test_columns_stay_as_they_were_left(make_pane: Callable[[], BatchPane], qtbot: QtBot) -> None:
    table = make_pane().table
    table.show_column(LENGTH, False)
    table.horizontalHeader().moveSection(4, 1)
    table.save_columns()
    again = make_pane().table
    assert again.isColumnHidden(LENGTH)
    assert again.horizontalHeader().visualIndex(4) == 1
    assert not again.isColumnHidden(CAPTION)


def test_files_taken_over_are_captioned_at_once(
    make_pane: Callable[[], BatchPane], folder: Path, qtbot: QtBot
) -> None:
    pane = make_pane()
    pane.take([folder], Path("/good.safetensors"))
    qtbot.waitUntil(lambda: pane.model.count(RowState.DONE) == 49, timeout=20_000)
    finish(pane, qtbot)
