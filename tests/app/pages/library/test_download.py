"""A dataset downloaded in the window from a server on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.pages.library.datasets_tab import DatasetsTab
from app.pages.library.download_dialog import DownloadDialog
from core.data.acquire import dataset_status
from tests.core.data.test_acquire import contents, server  # noqa: F401
from tests.core.download.file_server import FileServer

LONG = 20_000


def ask(tab: DatasetsTab, qtbot: QtBot) -> DownloadDialog:
    qtbot.waitUntil(lambda: tab.table.select("clotho"), timeout=LONG)
    tab.actions_.download.trigger()
    dialog = tab.findChild(DownloadDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: bool(dialog.total.text()), timeout=LONG)
    for name, box in dialog.parts.items():
        box.setChecked(name == "validation")
    return dialog


def test_what_it_takes_is_shown_before_and_drops_are_survived(
    server: FileServer,  # noqa: F811
    tab: DatasetsTab,
    qtbot: QtBot,
    home: Path,
) -> None:
    server.drops = [200, 10_000_000, 10_000_000, 30_000]
    dialog = ask(tab, qtbot)
    licence = " ".join(label.text() for label in dialog.findChildren(type(dialog.total)))
    assert "non-commercial with attribution" in licence
    assert "To download: about" in dialog.total.text() and "free" in dialog.total.text()
    dialog.accept()
    (line,) = tab.lines.lines
    qtbot.mouseClick(line.pause, Qt.MouseButton.LeftButton)
    assert "paused" in line.text.text()
    qtbot.mouseClick(line.pause, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(tab.works.ended, timeout=LONG):
        pass
    record = lambda: next(one for one in tab.table.records() if one.name == "clotho")  # noqa: E731
    qtbot.waitUntil(lambda: record().usable, timeout=LONG)
    assert "validation" in record().entry.splits
    assert record().entry.folder == home / "datasets" / "CLOTHO_v2.1"
    dialog = ask(tab, qtbot)
    assert not dialog.parts["validation"].isEnabled()
    assert not dialog.begin.isEnabled() and "at least one part" in dialog.begin.toolTip()
    dialog.reject()


def test_wrong_content_is_a_sentence_and_a_stop_keeps_what_came(
    server: FileServer,  # noqa: F811
    tab: DatasetsTab,
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    server.files["clotho_captions_validation.csv"] += b"spoilt"
    dialog = ask(tab, qtbot)
    dialog.folder.setText(str(tmp_path / "elsewhere"))
    dialog.accept()
    qtbot.waitUntil(tab.banner.isVisible, timeout=LONG)
    assert "Clotho captions, validation" in tab.banner.label.text()
    assert not tab.works.of("clotho")
    states = {one.part.name: one.state for one in dataset_status("clotho", tmp_path / "elsewhere")}
    assert states["validation"] != "present"


def test_no_room_refuses_before_anything_is_asked_for(
    server: FileServer,  # noqa: F811
    tab: DatasetsTab,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.pages.library.download_dialog.free_bytes", lambda folder: 1000)
    dialog = ask(tab, qtbot)
    assert "not enough room" in dialog.problem.text()
    assert not dialog.begin.isEnabled()
    assert server.asked == []
    dialog.reject()
