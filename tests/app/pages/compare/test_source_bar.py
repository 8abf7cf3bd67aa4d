"""Where the clips come from is chosen in one line, also of the smallest window."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.pages.compare.top_bar import TopBar
from app.studio import Studio


def test_the_source_fits_the_smallest_window(studio: Studio, qtbot: QtBot) -> None:
    bar = TopBar(studio)
    qtbot.addWidget(bar)
    bar.show()
    bar.source.choose_split("starter-scenes", "test")
    qtbot.waitUntil(bar.source.clips.isVisible)
    bar.show_state(False, 124, True, 2)
    # 960 pixels without the rail.
    bar.resize(880, bar.height())
    qtbot.waitUntil(lambda: bar.width() == 880)
    clips, dataset = bar.source.clips, bar.source.dataset
    assert clips.geometry().right() < clips.parentWidget().width()
    text = dataset.fontMetrics().horizontalAdvance("starter-scenes")
    assert dataset.width() >= text + 30
