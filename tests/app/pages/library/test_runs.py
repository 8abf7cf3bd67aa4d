"""The runs: listed, sorted, renamed, exported, imported, deleted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QInputDialog,
    QMenu,
    QMessageBox,
)
from pytestqt.qtbot import QtBot

from app.pages.library.notes_dialog import NotesDialog
from app.pages.library.page import LibraryPage
from app.studio import Studio
from core.runs.transfer import export_run
from tests.app.pages.fakes import make_run
from tests.app.pages.library.handling import InDialog, button_of, choose, open_tab


class TestRuns:
    def test_empty_state_leads_to_train(
        self, page: LibraryPage, qtbot: QtBot, studio: Studio
    ) -> None:
        with qtbot.waitSignal(page.runs.loaded):
            page.tabs.setCurrentWidget(page.runs)
        assert page.runs.empty.isVisible()
        with qtbot.waitSignal(studio.show_page) as shown:
            qtbot.mouseClick(page.runs.empty.button, Qt.MouseButton.LeftButton)
        assert shown.args == ["train"]

    def test_runs_are_listed_with_what_matters(self, page: LibraryPage, qtbot: QtBot) -> None:
        make_run("plain", best=3.21)
        run = make_run("contrastive", contrast=True, seed=5)
        open_tab(page, page.runs, qtbot, 2)
        assert page.runs.count.text() == "2 runs"
        assert page.runs.table.select(run.path)
        text = page.runs.details.shown_text()
        for part in ("contrastive", "CE + caption NT-Xent", "finished", "3 / 3", "0.07"):
            assert part in text
        page.runs.search.setText("plain")
        assert [record.summary.title for record in page.runs.table.shown()] == ["plain"]
        assert page.runs.count.text() == "1 of 2 runs"
        assert page.runs.table.shown()[0].summary.best == 3.21

    def test_sorting_follows_values_not_texts(self, page: LibraryPage, qtbot: QtBot) -> None:
        for name, best in (("ten", 10.0), ("nine", 9.0)):
            make_run(name, best=best)
        open_tab(page, page.runs, qtbot, 2)
        table = page.runs.table
        column = [one.title for one in table.records_model.columns].index("Best")
        header = table.horizontalHeader()
        x = header.sectionViewportPosition(column) + 10
        for expected in (["nine", "ten"], ["ten", "nine"]):
            position = header.rect().center()
            position.setX(x)
            qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=position)
            assert [record.summary.title for record in table.shown()] == expected

    def test_a_broken_folder_harms_nothing(
        self, page: LibraryPage, qtbot: QtBot, home: Path
    ) -> None:
        make_run("good")
        broken = home / "runs" / "2000-01-01_broken"
        broken.mkdir()
        (broken / "config.json").write_text("{oops")
        open_tab(page, page.runs, qtbot, 2)
        page.runs.table.select(broken)
        assert "is not a configuration" in page.runs.details.shown_text()
        assert not page.runs.show_run.isEnabled()
        assert "cannot be read" in page.runs.show_run.toolTip()
        assert page.runs.delete.isEnabled()

    def test_delete_asks_and_moves_to_the_bin(
        self, page: LibraryPage, qtbot: QtBot, in_dialog: InDialog, bin_: list[Path]
    ) -> None:
        run = make_run("old")
        open_tab(page, page.runs, qtbot, 1)
        page.runs.table.select(run.path)

        def press(name: str) -> Callable[[QDialog], None]:
            def act(dialog: QDialog) -> None:
                assert isinstance(dialog, QMessageBox)
                assert "old" in dialog.text()
                next(b for b in dialog.buttons() if name in b.text()).click()

            return act

        in_dialog(press("Cancel"))
        qtbot.mouseClick(button_of(page.runs, "Delete..."), Qt.MouseButton.LeftButton)
        assert bin_ == []
        in_dialog(press("Move to bin"))
        qtbot.keyClick(page.runs.table, Qt.Key.Key_Delete)
        qtbot.waitUntil(lambda: page.runs.empty.isVisible())
        assert bin_ == [run.path]

    def test_rename(self, page: LibraryPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
        run = make_run("old name")
        open_tab(page, page.runs, qtbot, 1)
        page.runs.table.select(run.path)
        monkeypatch.setattr(
            QInputDialog, "getText", staticmethod(lambda *args: ("  new name ", True))
        )
        page.runs.rename.trigger()
        qtbot.waitUntil(lambda: page.runs.table.records()[0].summary.title == "new name")
        assert page.runs.details.title.text() == "new name"
        assert page.runs.table.current() is not None

    def test_tags_and_notes(self, page: LibraryPage, qtbot: QtBot) -> None:
        run = make_run("tagged")
        make_run("other")
        open_tab(page, page.runs, qtbot, 2)
        page.runs.table.select(run.path)
        page.runs.notes.trigger()
        dialog = page.runs.findChild(NotesDialog)
        assert dialog is not None and dialog.name.text() == "tagged"
        dialog.name.setText("renamed")
        dialog.tags.setText("paper, seed 1")
        dialog.note.setPlainText("The one of table 2.")
        dialog.accept()
        qtbot.waitUntil(lambda: "The one of table 2." in page.runs.details.shown_text())
        assert run.title() == "renamed"
        page.runs.search.setText("PAPER")
        assert [one.summary.title for one in page.runs.table.shown()] == ["renamed"]

    def test_export_and_import(
        self,
        page: LibraryPage,
        qtbot: QtBot,
        studio: Studio,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        run = make_run("travels")
        open_tab(page, page.runs, qtbot, 1)
        page.runs.table.select(run.path)
        asked = choose(monkeypatch, tmp_path / "run.zip")
        with qtbot.waitSignal(studio.message, check_params_cb=lambda text: "Exported" in text):
            qtbot.mouseClick(button_of(page.runs, "Export..."), Qt.MouseButton.LeftButton)
        assert (tmp_path / "run.zip").is_file()
        assert Path(asked[-1]).name == "travels.zip"
        qtbot.mouseClick(page.runs.import_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: len(page.runs.table.records()) == 2)
        (tmp_path / "run.zip").write_bytes(b"nothing")
        qtbot.mouseClick(page.runs.import_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(page.runs.banner.isVisible)
        assert "no run that was exported here" in page.runs.banner.label.text()

    def test_signals_to_other_pages(self, page: LibraryPage, qtbot: QtBot, studio: Studio) -> None:
        run = make_run("plain")
        open_tab(page, page.runs, qtbot, 1)
        page.runs.table.select(run.path)
        with qtbot.waitSignal(studio.show_run) as shown:
            qtbot.mouseClick(button_of(page.runs, "Show on Train page"), Qt.MouseButton.LeftButton)
        assert shown.args == [str(run.path)]
        with qtbot.waitSignal(studio.open_in_compare) as compared:
            page.runs.compare.trigger()
        assert compared.args == [[str(run.best)]]
        qtbot.mouseClick(page.runs.more, Qt.MouseButton.LeftButton)
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        texts = [action.text() for action in menu.actions() if not action.isSeparator()]
        assert "Rename..." in texts
        assert "Delete..." in texts
        menu.close()

    def test_a_run_made_elsewhere_appears(
        self, page: LibraryPage, qtbot: QtBot, studio: Studio, tmp_path: Path
    ) -> None:
        open_tab(page, page.runs, qtbot, 0)
        archive = export_run(make_run("one"), tmp_path / "x.zip")
        assert archive.is_file()
        studio.runs_changed.emit()
        studio.runs_changed.emit()
        qtbot.waitUntil(lambda: len(page.runs.table.records()) == 1)


def test_before_the_first_look_nothing_is_said_to_be_missing(
    page: LibraryPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()

    def slow() -> list[object]:
        go.wait(10)
        return []

    tab = page.runs
    tab.load(slow)
    page.tabs.setCurrentWidget(tab)
    assert not tab.empty.isVisible()
    assert tab.stack.currentWidget().title.text() == "Reading"
    go.set()
    qtbot.waitUntil(tab.empty.isVisible)
