"""The checkpoints: where they come from, own names, import, export, conversion."""

from __future__ import annotations

import lzma
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.pages.library.notes_dialog import NotesDialog
from app.pages.library.page import LibraryPage
from app.studio import Studio
from core.config import RunConfig
from tests.app.pages.fakes import make_run, write_checkpoint
from tests.app.pages.library.handling import InDialog, button_of, choose, open_tab
from tests.core.models.test_import_reference import assert_captions_of_the_baseline


class TestCheckpoints:
    @pytest.fixture(autouse=True)
    def nothing_shipped(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        from core.models.checkpoint_files import list_checkpoints

        monkeypatch.setattr(
            "app.pages.library.checkpoints_tab.list_checkpoints",
            lambda: list_checkpoints(builtin=tmp_path / "nothing"),
        )

    def test_listed_with_where_they_come_from(
        self, page: LibraryPage, qtbot: QtBot, home: Path, studio: Studio
    ) -> None:
        run = make_run("plain")
        (home / "checkpoints").mkdir()
        (home / "checkpoints" / "broken.safetensors").write_bytes(b"x")
        open_tab(page, page.checkpoints, qtbot, 3)
        tab = page.checkpoints
        tab.table.select(run.best)
        text = tab.details.shown_text()
        for part in ("plain", "best", "yamnet", "starter-scenes", "3.000"):
            assert part in text
        with qtbot.waitSignal(studio.open_in_caption) as opened:
            qtbot.mouseClick(button_of(tab, "Open in Caption"), Qt.MouseButton.LeftButton)
        assert opened.args == [[str(run.best)]]
        with qtbot.waitSignal(studio.open_in_compare):
            qtbot.mouseClick(button_of(tab, "Open in Compare"), Qt.MouseButton.LeftButton)
        tab.table.select(home / "checkpoints" / "broken.safetensors")
        assert "broken.safetensors" in tab.details.problem.text()
        assert not tab.caption.isEnabled()
        assert tab.delete.isEnabled()

    def test_import_export_delete(
        self,
        page: LibraryPage,
        qtbot: QtBot,
        studio: Studio,
        home: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        in_dialog: InDialog,
        bin_: list[Path],
    ) -> None:
        open_tab(page, page.checkpoints, qtbot, 0)
        tab = page.checkpoints
        source = write_checkpoint(tmp_path / "friend.safetensors", RunConfig())
        choose(monkeypatch, source)
        qtbot.mouseClick(tab.import_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: len(tab.table.records()) == 1)
        own = home / "checkpoints" / "friend.safetensors"
        assert tab.table.select(own)
        write_checkpoint(home / "checkpoints" / "another.safetensors", RunConfig())
        second = write_checkpoint(tmp_path / "zoo.safetensors", RunConfig())
        choose(monkeypatch, second)
        qtbot.mouseClick(tab.import_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: len(tab.table.records()) == 3)
        assert tab.details.title.text() == "Zoo"
        tab.search.setText("zoo.safetensors")
        assert len(tab.table.shown()) == 1
        tab.search.clear()
        for extra in ("another", "zoo"):
            (home / "checkpoints" / f"{extra}.safetensors").unlink()
        studio.checkpoints_changed.emit()
        qtbot.waitUntil(lambda: len(tab.table.records()) == 1)
        assert tab.table.select(own)
        choose(monkeypatch, tmp_path / "copy.safetensors")
        with qtbot.waitSignal(studio.message):
            tab.export.trigger()
        assert (tmp_path / "copy.safetensors").read_bytes() == source.read_bytes()
        in_dialog(lambda dialog: next(b for b in dialog.buttons() if "bin" in b.text()).click())
        qtbot.mouseClick(button_of(tab, "Delete..."), Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: tab.empty.isVisible())
        assert bin_ == [own]

    def test_own_name_and_tags(self, page: LibraryPage, qtbot: QtBot, home: Path) -> None:
        path = write_checkpoint(home / "checkpoints" / "friend.safetensors", RunConfig())
        open_tab(page, page.checkpoints, qtbot, 1)
        tab = page.checkpoints
        tab.table.select(path)
        tab.notes.trigger()
        dialog = tab.findChild(NotesDialog)
        assert dialog is not None
        dialog.name.setText("Ann's model")
        dialog.tags.setText("small")
        dialog.accept()
        qtbot.waitUntil(lambda: tab.details.title.text() == "Ann's model")
        assert "small" in tab.details.shown_text()

    def test_a_baseline_checkpoint_is_converted(
        self, page: LibraryPage, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        golden = Path(__file__).parents[3] / "golden" / "lightning"
        (tmp_path / "official").mkdir()
        official = tmp_path / "official" / "small.ckpt"
        official.write_bytes(lzma.decompress((golden / "small.ckpt.xz").read_bytes()))
        shutil.copy(golden / "tokenizer.json", tmp_path / "official")
        open_tab(page, page.checkpoints, qtbot, 0)
        choose(monkeypatch, official)
        qtbot.mouseClick(page.checkpoints.import_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: len(page.checkpoints.table.records()) == 1, timeout=30_000)
        found = page.checkpoints.table.records()[0]
        assert found.origin == "imported from small.ckpt"
        assert found.encoder == "convnext-tiny"
        assert found.usable
        assert_captions_of_the_baseline(found.path)

    def test_a_foreign_file_is_refused_with_a_sentence(
        self, page: LibraryPage, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_tab(page, page.checkpoints, qtbot, 0)
        (tmp_path / "odd.safetensors").write_bytes(b"odd")
        choose(monkeypatch, tmp_path / "odd.safetensors")
        qtbot.mouseClick(page.checkpoints.import_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(page.checkpoints.banner.isVisible)
        assert "odd.safetensors" in page.checkpoints.banner.label.text()
