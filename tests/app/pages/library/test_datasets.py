"""The Datasets tab: copies, own folders, checks, features, joins, on small real datasets."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from app.pages.library.datasets_tab import DatasetsTab
from app.pages.library.join_dialog import JoinDialog
from app.pages.library.own_dialog import OwnFolderDialog
from app.pages.library.page import LibraryPage
from app.pages.train.choices import data_choices
from app.studio import Studio
from core.data.check_report import last_report
from core.data.datasets import open_dataset
from core.data.places import find_place
from core.data.saved_joins import joined_names
from tests.core.data.layouts import make_audiocaps, make_macs, make_wavcaps

InDialog = Callable[[Callable[[QDialog], None]], None]
LONG = 20_000


def choose_folder(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", staticmethod(lambda *_: str(path)))


def states(tab: DatasetsTab) -> dict[str, str]:
    return {record.name: record.state for record in tab.table.records()}


def open_view(tab: DatasetsTab, name: str, view: str, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: tab.table.select(name), timeout=LONG)
    tab.show_view(view)


class TestCopies:
    def test_all_copies_in_a_folder_are_recognised(
        self,
        tab: DatasetsTab,
        qtbot: QtBot,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        make_wavcaps(tmp_path)
        make_macs(tmp_path)
        make_audiocaps(tmp_path)
        choose_folder(monkeypatch, tmp_path)
        tab.actions_.add.menu().actions()[0].trigger()
        qtbot.waitUntil(lambda: states(tab)["macs"] == "ready", timeout=LONG)
        assert states(tab)["wavcaps-no-clotho"] == "ready"
        assert states(tab)["audiocaps"] == "ready"
        assert states(tab)["audiocaps-v2"] == "not here"
        assert "Found MACS in" in tab.banner.label.text()
        open_view(tab, "macs", "clips", qtbot)
        qtbot.waitUntil(lambda: tab.facts is not None and tab.facts.name == "macs", timeout=LONG)
        tab.clips.search.setText("child cries")
        tab.clips.table.select_first()
        assert "many people, walking: fast" in tab.clips.details.shown_text()
        assert not tab.clips.table.isColumnHidden(3)
        tab.show_view("about")
        assert "MACS" in tab.about.shown_text() and "LICENSE.txt" in tab.about.shown_text()

    def test_another_folder_is_refused_in_a_sentence(
        self, tab: DatasetsTab, qtbot: QtBot, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        choose_folder(monkeypatch, folder)
        open_view(tab, "clotho", "clips", qtbot)
        assert tab.missing.isVisible()
        assert "Download it" in tab.missing.sentence.text()
        tab.actions_.copy.trigger()
        qtbot.waitUntil(tab.banner.isVisible, timeout=LONG)
        assert "holds no copy of Clotho v2.1" in tab.banner.label.text()
        assert find_place("clotho") is None

    def test_a_copy_of_another_dataset_is_not_taken_for_the_wanted_one(
        self,
        tab: DatasetsTab,
        qtbot: QtBot,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        choose_folder(monkeypatch, make_macs(tmp_path))
        open_view(tab, "clotho", "about", qtbot)
        tab.actions_.copy.trigger()
        qtbot.waitUntil(tab.banner.isVisible, timeout=LONG)
        assert "Clotho v2.1 is not in" in tab.banner.label.text()

    def test_a_place_is_forgotten_and_the_files_stay(
        self,
        tab: DatasetsTab,
        qtbot: QtBot,
        harbour: str,
        folder: Path,
        in_dialog: InDialog,
        studio: Studio,
    ) -> None:
        studio.datasets_changed.emit()
        open_view(tab, harbour, "about", qtbot)

        def agree(dialog: QDialog) -> None:
            assert isinstance(dialog, QMessageBox)
            assert "files stay" in dialog.text()
            next(b for b in dialog.buttons() if b.text() == "Remove").click()

        in_dialog(agree)
        qtbot.keyClick(tab.table, Qt.Key.Key_Delete)
        qtbot.waitUntil(lambda: harbour not in states(tab), timeout=LONG)
        assert (folder / "captions.csv").is_file()
        assert not tab.table.select("starter-scenes") or not tab.actions_.remove.isEnabled()


class TestOwnFolder:
    def dialog(self, tab: DatasetsTab, root: Path, qtbot: QtBot, name: str = "") -> OwnFolderDialog:
        tab.actions_._edit(root, name)
        dialog = tab.findChild(OwnFolderDialog)
        assert dialog is not None
        qtbot.waitUntil(
            lambda: bool(dialog.result_text.text() or dialog.problem.text()), timeout=LONG
        )
        return dialog

    def test_the_guess_is_filled_in_and_can_be_changed(
        self, tab: DatasetsTab, qtbot: QtBot, folder: Path
    ) -> None:
        dialog = self.dialog(tab, folder, qtbot)
        assert dialog.form.file.currentText() == "Datei"
        assert dialog.rows.item(0, 0).text() == "aufnahme 0, ü.wav"
        assert dialog.rows.horizontalHeaderItem(1).text() == "Beschreibung  (caption)"
        # Rows have the numbers that sentences call them by.
        assert dialog.rows.verticalHeaderItem(0).text() == "2"
        assert "train 12, validation 1, test 1" in dialog.result_text.text()
        assert "row 16: there is no sound 'gone.wav'" in dialog.result_text.text()
        assert "without a row" not in dialog.result_text.text()
        dialog.form.test.setValue(30)
        qtbot.waitUntil(lambda: "test 4" in dialog.result_text.text(), timeout=LONG)
        dialog.name.setText("ships")
        dialog.accept()
        qtbot.waitUntil(lambda: tab.name == "ships", timeout=LONG)
        dataset = open_dataset("ships")
        assert len(dataset.clips("test")) == 4

    def test_what_is_left_out_is_told_before_it_is_added(
        self, tab: DatasetsTab, qtbot: QtBot, folder: Path
    ) -> None:
        shutil.copy(folder / "still.wav", folder / "forgotten.wav")
        (folder / "later.csv").write_text("sound,what\nforgotten.wav,A door is shut loudly.\n")
        dialog = self.dialog(tab, folder, qtbot)
        text = dialog.result_text.text()
        assert "1 sound of the folder without a row: forgotten.wav." in text
        assert "later.csv is not: its columns differ" in text
        dialog.reject()

    def test_no_table_at_all_leaves_the_sounds(
        self, tab: DatasetsTab, qtbot: QtBot, folder: Path
    ) -> None:
        (folder / "captions.csv").write_text("person,licence\nAnn,CC0\n")
        dialog = self.dialog(tab, folder, qtbot)
        assert "untick the table to have the sounds alone" in dialog.problem.text()
        assert not dialog.add.isEnabled()
        assert dialog.rows.horizontalHeaderItem(1).text() == "licence"
        dialog.form.tables.item(0).setCheckState(Qt.CheckState.Unchecked)
        qtbot.waitUntil(dialog.add.isEnabled, timeout=LONG)
        assert "sounds 14" in dialog.result_text.text()
        dialog.name.setText("ships")
        dialog.accept()
        qtbot.waitUntil(lambda: tab.name == "ships", timeout=LONG)
        assert open_dataset("ships").splits == ("sounds",)

    def test_impossible_choices_are_told_at_once(
        self, tab: DatasetsTab, qtbot: QtBot, folder: Path, harbour: str
    ) -> None:
        dialog = self.dialog(tab, folder / "captions.csv", qtbot)
        dialog.form.file.setCurrentText("Lizenz")
        dialog.form.file.activated.emit(2)
        assert not dialog.add.isEnabled()
        qtbot.waitUntil(lambda: bool(dialog.problem.text()), timeout=LONG)
        assert "None of the" in dialog.problem.text() and "'CC0'" in dialog.problem.text()
        dialog.form.validation.setValue(70)
        dialog.form.test.setValue(40)
        qtbot.waitUntil(lambda: "less than 1" in dialog.problem.text(), timeout=LONG)
        dialog.form.file.setCurrentText("Datei")
        dialog.form.validation.setValue(10)
        qtbot.waitUntil(dialog.add.isEnabled, timeout=LONG)
        dialog.name.setText(harbour)
        dialog.accept()
        qtbot.waitUntil(lambda: "already" in dialog.problem.text(), timeout=LONG)
        dialog.reject()

    def test_bad_folders_are_one_sentence(
        self, tab: DatasetsTab, qtbot: QtBot, tmp_path: Path
    ) -> None:
        empty = tmp_path / "empty"
        empty.mkdir()
        for root, words in ((empty, "neither sounds nor a table"), (tmp_path / "x", "no folder")):
            dialog = self.dialog(tab, root, qtbot)
            qtbot.waitUntil(lambda d=dialog: bool(d.problem.text()), timeout=LONG)
            assert words in dialog.problem.text()
            assert not dialog.add.isEnabled()
            dialog.reject()
            dialog.setParent(None)

    def test_columns_of_a_remembered_folder_are_edited(
        self, tab: DatasetsTab, qtbot: QtBot, folder: Path, harbour: str, studio: Studio
    ) -> None:
        studio.datasets_changed.emit()
        qtbot.waitUntil(lambda: harbour in states(tab), timeout=LONG)
        dialog = self.dialog(tab, folder, qtbot, harbour)
        dialog.form.seed.setValue(7)
        dialog.form.test.setValue(0)
        qtbot.waitUntil(
            lambda: "test" not in dialog.result_text.text().split("\n")[0], timeout=LONG
        )
        with qtbot.waitSignal(studio.datasets_changed, timeout=LONG):
            dialog.accept()
        place = find_place(harbour)
        assert place is not None and place.mapping is not None and place.mapping.seed == 7


class TestCheck:
    def test_report_problems_and_export(
        self,
        tab: DatasetsTab,
        qtbot: QtBot,
        harbour: str,
        studio: Studio,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        studio.datasets_changed.emit()
        open_view(tab, harbour, "check", qtbot)
        assert tab.check.empty.isVisible()
        qtbot.mouseClick(tab.check.empty.button, Qt.MouseButton.LeftButton)
        assert not tab.actions_.check.isEnabled()
        qtbot.waitUntil(lambda: tab.check.view.report is not None, timeout=20_000)
        assert tab.actions_.check.isEnabled()
        text = tab.check.view.shown_text()
        assert "cannot be read." in text and "is missing." in text and "is silent." in text
        kinds = {problem.kind for problem in tab.check.view.problems.records()}
        assert {"unreadable", "missing", "silent", "table"} <= kinds
        assert sum(tab.check.view.durations.counts) >= 10
        tab.check.view.grab()
        report = last_report(harbour)
        assert report is not None and report.listened
        monkeypatch.setattr(
            QFileDialog,
            "getSaveFileName",
            staticmethod(lambda *_: (str(tmp_path / "report.json"), "")),
        )
        with qtbot.waitSignal(studio.message, timeout=LONG):
            qtbot.mouseClick(tab.check.export, Qt.MouseButton.LeftButton)
        assert json.loads((tmp_path / "report.json").read_text())["dataset"] == harbour

        problems = tab.check.view.problems
        view = tab.check.view
        view.kind.setCurrentText("silent")
        view.kind.activated.emit(view.kind.currentIndex())
        (silent,) = problems.shown()
        problems.activated_record.emit(silent)
        qtbot.waitUntil(lambda: tab.clips.table.current() is not None, timeout=LONG)
        assert tab.clips.isVisible()
        # No clip of this folder has a class.
        assert tab.clips.table.isColumnHidden(3)
        assert tab.clips.table.current().clip.id == "still.wav"
        missing = next(one for one in problems.records() if one.kind == "missing")
        with qtbot.waitSignal(studio.message, timeout=LONG) as told:
            problems.activated_record.emit(missing)
        assert "gone.wav" in told.args[0]

    def test_what_the_tables_leave_out_is_told_everywhere(
        self, tab: DatasetsTab, qtbot: QtBot, folder: Path, harbour: str, studio: Studio
    ) -> None:
        shutil.copy(folder / "still.wav", folder / "forgotten.wav")
        (folder / "later.csv").write_text("sound,what\nforgotten.wav,A door is shut loudly.\n")
        studio.datasets_changed.emit()
        open_view(tab, harbour, "about", qtbot)
        record = tab.table.current()
        assert record.state == "1 table not read"
        row = tab.table.model().index(tab.table.currentIndex().row(), 1)
        tip = row.data(Qt.ItemDataRole.ToolTipRole)
        assert tip.startswith("captions.csv is read, later.csv is not: its columns differ")
        assert "later.csv is not" in tab.about.shown_text()
        open_view(tab, harbour, "check", qtbot)
        qtbot.mouseClick(tab.check.quick, Qt.MouseButton.LeftButton)
        tab.check.check(False)
        qtbot.waitUntil(lambda: tab.check.view.report is not None, timeout=LONG)
        text = tab.check.view.shown_text()
        assert "later.csv is not: its columns differ" in text
        assert "1 sound of the folder has no row in captions.csv." in text
        details = {one.kind: one.detail for one in tab.check.view.problems.records()}
        assert details["no row"] == "forgotten.wav: no row of captions.csv names this sound"
        assert details["table not read"] == tip

    def test_a_check_is_paused_and_stopped(
        self, tab: DatasetsTab, qtbot: QtBot, harbour: str, studio: Studio
    ) -> None:
        studio.datasets_changed.emit()
        open_view(tab, harbour, "check", qtbot)
        tab.check.check(False)
        (line,) = tab.lines.lines
        qtbot.mouseClick(line.pause, Qt.MouseButton.LeftButton)
        assert line.pause.text() == "Resume" and "paused" in line.text.text()
        qtbot.mouseClick(line.stop, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: not tab.lines.isVisible(), timeout=LONG)
        assert last_report(harbour) is None


class TestFeatures:
    def test_extraction_lists_what_was_left_out_and_is_removed(
        self,
        library: LibraryPage,
        tab: DatasetsTab,
        qtbot: QtBot,
        harbour: str,
        studio: Studio,
        in_dialog: InDialog,
    ) -> None:
        studio.datasets_changed.emit()
        open_view(tab, harbour, "features", qtbot)
        features = tab.features
        qtbot.waitUntil(lambda: len(features.table.records()) >= 3, timeout=LONG)
        assert {one.state for one in features.table.records()} == {"not extracted"}
        split = _split_of(harbour, "broken.wav")
        tab.works.extract(harbour, harbour, [split], "yamnet", "float16", "cpu")
        work = tab.works.find(harbour, "extract")
        assert work is not None
        with qtbot.waitSignal(tab.works.ended, timeout=60_000):
            pass
        assert any("broken.wav" in text for text in work.warnings)
        qtbot.waitUntil(lambda: any(one.store for one in features.table.records()), timeout=LONG)
        stored = next(one for one in features.table.records() if one.store)
        assert (stored.state, stored.split, stored.dtype) == ("ready", split, "float16")
        features.table.select(stored.key)
        assert "broken.wav" in features.details.shown_text()
        in_dialog(lambda box: next(b for b in box.buttons() if b.text() == "Delete").click())
        features.remove.trigger()
        qtbot.waitUntil(
            lambda: not any(one.store for one in features.table.records()), timeout=LONG
        )


class TestJoins:
    def test_joined_datasets_can_be_chosen_for_training(
        self, tab: DatasetsTab, qtbot: QtBot, harbour: str, studio: Studio, in_dialog: InDialog
    ) -> None:
        studio.datasets_changed.emit()
        qtbot.waitUntil(lambda: harbour in states(tab), timeout=LONG)
        tab.actions_._join()
        dialog = tab.findChild(JoinDialog)
        assert dialog is not None and not dialog.join.isEnabled()
        names = [dialog.list.item(row).data(256) for row in range(dialog.list.count())]
        for name in ("starter-scenes", harbour):
            dialog.list.item(names.index(name)).setCheckState(Qt.CheckState.Checked)
        dialog.accept()
        joined = f"starter-scenes+{harbour}"
        qtbot.waitUntil(lambda: tab.name == joined, timeout=LONG)
        assert states(tab)[joined] == "joined"
        choices = {value: problem for value, _, problem in data_choices(
            {name: None for name in states(tab)})["data.dataset"]}  # fmt: skip
        assert choices[joined] == ""
        in_dialog(lambda box: next(b for b in box.buttons() if b.text() == "Remove").click())
        tab.actions_.remove.trigger()
        qtbot.waitUntil(lambda: joined not in states(tab), timeout=LONG)
        assert joined_names() == ()


def _split_of(name: str, clip: str) -> str:
    dataset = open_dataset(name)
    return next(split for split in dataset.splits for one in dataset.clips(split) if one.id == clip)
