"""From the Library to the other pages, in the real window."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.pages.compare.page import ComparePage
from app.pages.library.page import LibraryPage
from app.window import MainWindow
from tests.app.pages.fakes import FakeDataset, make_run


def test_checkpoints_open_in_pages_that_were_never_shown(
    window: MainWindow, qtbot: QtBot, dataset: FakeDataset
) -> None:
    from app.pages.caption.page import CaptionPage

    make_run("plain")
    run = make_run("other", contrast=True)
    window.show_page("library")
    library = window.page("library")
    assert isinstance(library, LibraryPage)
    tab = library.checkpoints
    library.tabs.setCurrentWidget(tab)
    qtbot.waitUntil(lambda: tab.table.select(run.last))
    buttons = {button.text(): button for button in tab.findChildren(QPushButton)}

    qtbot.mouseClick(buttons["Open in Caption"], Qt.MouseButton.LeftButton)
    caption = window.page("caption")
    assert isinstance(caption, CaptionPage)
    assert caption.isVisible()
    qtbot.waitUntil(lambda: caption.files_pane.model_bar.checkpoint() == run.last)
    assert not caption.files_pane.banner.isVisible()

    window.show_page("library")
    qtbot.mouseClick(buttons["Open in Compare"], Qt.MouseButton.LeftButton)
    compare = window.page("compare")
    assert isinstance(compare, ComparePage)
    qtbot.waitUntil(lambda: run.last in [file.path for file in compare.systems.selected()])
