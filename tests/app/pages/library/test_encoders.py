"""The encoders: their states, downloads, files of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.pages.library.page import LibraryPage
from core.events import Progress
from tests.app.pages.library.handling import button_of, choose


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

        monkeypatch.setattr("app.pages.library.weights_downloads.download_weights", endless)
        page.tabs.setCurrentWidget(page.encoders)
        tab = page.encoders
        qtbot.waitUntil(lambda: len(tab.table.records()) >= 4)
        tab.table.select("convnext-tiny")
        qtbot.mouseClick(button_of(tab, "Download"), Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: tab.progress.text.text() == "25%")
        assert tab.progress.bar.isVisible()
        assert tab._state(tab.table.current()) == "downloading 25%"
        assert not tab.download.isEnabled()
        qtbot.mouseClick(tab.progress.stop, Qt.MouseButton.LeftButton)
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

        monkeypatch.setattr("app.pages.library.weights_downloads.download_weights", broken)
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
