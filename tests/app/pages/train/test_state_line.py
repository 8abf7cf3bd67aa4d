from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.pages.train.state_line import RunStatus, StateLine
from app.studio import Studio

SCORES = ("validation CE 1.555", "CIDEr-D 0.750", "best 1.555 (epoch 20)")


def test_scores_give_way_to_the_title(studio: Studio, qtbot: QtBot) -> None:
    line = StateLine(studio)
    qtbot.addWidget(line)
    line.resize(1100, 60)
    line.show()
    title = "CE + audio-text NT-Xent · seed 44"
    line.show_status(RunStatus(title=title, state="finished", scores=SCORES))
    assert line.scores.text() == " · ".join(SCORES)
    line.resize(560, 60)
    # The last one, the best, stays; all of them are in the tooltip.
    assert line.scores.text() == SCORES[2]
    assert line.scores.toolTip() == " · ".join(SCORES)
    wide = line.title.fontMetrics().horizontalAdvance(title)
    qtbot.waitUntil(lambda: line.title.width() >= wide)
    line.resize(1100, 60)
    assert line.scores.text() == " · ".join(SCORES)
