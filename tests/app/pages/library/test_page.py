from __future__ import annotations

import lzma
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QInputDialog,
    QMenu,
    QMessageBox,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.pages.library.notes_dialog import NotesDialog
from app.pages.library.page import LibraryPage
from app.studio import Studio
from core.config import RunConfig
from core.data import datasets
from core.events import Progress
from core.runs.transfer import export_run
from tests.app.conftest import end
from tests.app.pages.fakes import FakeDataset, make_run, write_checkpoint
from tests.core.models.test_import_reference import assert_captions_of_the_baseline

InDialog = Callable[[Callable[[QDialog], None]], None]


@pytest.fixture
def page(qtbot: QtBot, studio: Studio, dataset: FakeDataset) -> Iterator[LibraryPage]:
    made = LibraryPage(studio)
    made.resize(1200, 660)
    made.show()
    yield made
    end(studio, qtbot)
    made.close()
    made.deleteLater()


@pytest.fixture
def bin_(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What was moved to the system's bin; here it is really gone."""
    moved: list[Path] = []

    def take(path: Path) -> None:
        moved.append(path)
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    monkeypatch.setattr("send2trash.send2trash", take)
    return moved


def choose(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    for name in ("getOpenFileName", "getSaveFileName"):
        monkeypatch.setattr(QFileDialog, name, staticmethod(lambda *args: (str(path), "")))


def open_tab(page: LibraryPage, tab: QWidget, qtbot: QtBot, rows: int) -> None:
    page.tabs.setCurrentWidget(tab)
    qtbot.waitUntil(lambda: len(tab.table.records()) == rows)


def button_of(tab: QWidget, text: str) -> QPushButton:
    return next(one for one in tab.findChildren(QPushButton) if one.text() == text)


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
        assert "not a readable JSON file" in page.runs.details.shown_text()
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
        choose(monkeypatch, tmp_path / "run.zip")
        with qtbot.waitSignal(studio.message, check_params_cb=lambda text: "Exported" in text):
            qtbot.mouseClick(button_of(page.runs, "Export..."), Qt.MouseButton.LeftButton)
        assert (tmp_path / "run.zip").is_file()
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


class TestEncoders:
    def test_states_are_true(self, page: LibraryPage, qtbot: QtBot) -> None:
        page.tabs.setCurrentWidget(page.encoders)
        tab = page.encoders
        qtbot.waitUntil(lambda: len(tab.table.records()) >= 4)
        tab.table.select("yamnet")
        text = tab.details.shown_text()
        assert "installed" in text
        assert "Apache-2.0" in text
        assert not tab.download.isEnabled()
        assert tab.download.toolTip() == "It is installed."
        tab.table.select("convnext-tiny")
        text = tab.details.shown_text()
        for part in ("not installed", "768", "32,000 Hz", "Pellegrini"):
            assert part in text
        assert tab.download.isEnabled()
        assert not tab.remove.isEnabled()

    def test_download_shows_progress_and_can_be_stopped(
        self, page: LibraryPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        closed: list[bool] = []

        def endless(name: str) -> Iterator[Progress]:
            try:
                while True:
                    yield Progress(phase="Downloading ConvNeXt", done=25, total=100)
            finally:
                closed.append(True)

        monkeypatch.setattr("app.pages.library.encoders_tab.download_weights", endless)
        page.tabs.setCurrentWidget(page.encoders)
        tab = page.encoders
        qtbot.waitUntil(lambda: len(tab.table.records()) >= 4)
        tab.table.select("convnext-tiny")
        qtbot.mouseClick(button_of(tab, "Download"), Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: tab.progress_text.text() == "25%")
        assert tab.bar.isVisible()
        assert tab._state(tab.table.current()) == "downloading 25%"
        assert not tab.download.isEnabled()
        qtbot.mouseClick(tab.stop, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: not tab.progress.isVisible())
        assert closed == [True]
        assert tab.download.isEnabled()

    def test_a_failed_download_says_why(
        self, page: LibraryPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from core.errors import DownloadError

        def broken(name: str) -> Iterator[Progress]:
            yield Progress(phase="Downloading x", done=0)
            raise DownloadError("x could not be downloaded; check the network.")

        monkeypatch.setattr("app.pages.library.encoders_tab.download_weights", broken)
        page.tabs.setCurrentWidget(page.encoders)
        tab = page.encoders
        qtbot.waitUntil(lambda: len(tab.table.records()) >= 4)
        tab.table.select("convnext-tiny")
        tab.download.trigger()
        qtbot.waitUntil(tab.banner.isVisible)
        assert "check the network" in tab.banner.label.text()

    def test_a_wrong_file_is_refused(
        self, page: LibraryPage, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        page.tabs.setCurrentWidget(page.encoders)
        tab = page.encoders
        qtbot.waitUntil(lambda: len(tab.table.records()) >= 4)
        tab.table.select("convnext-tiny")
        (tmp_path / "mine.pth").write_bytes(b"other")
        choose(monkeypatch, tmp_path / "mine.pth")
        qtbot.mouseClick(button_of(tab, "Use a file I have..."), Qt.MouseButton.LeftButton)
        qtbot.waitUntil(tab.banner.isVisible)
        assert "MD5" in tab.banner.label.text()


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
