from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.pages.compare.missing_metrics import MissingMetrics
from app.pages.compare.score_export import FORMATS, scores_csv
from app.pages.compare.score_tables import make_table, pairs_of, plain_sentence
from app.pages.compare.scores_tab import ScoresTab
from app.pages.compare.scoring import SystemsScored
from app.studio import Studio
from core.errors import DownloadError
from core.evaluation import METRICS, MetricStatus
from core.evaluation.comparison import SystemScores, compare
from core.events import Event, Progress
from tests.app.pages.compare.conftest import Opener, captioned, ready, settled, two_runs


def found(systems: int = 2, clips: int = 60) -> SystemsScored:
    """Each system is better than the one before by 0.1 CIDEr-D; ROUGE-L is the same for all."""
    draws = np.random.default_rng(0)
    base, same = draws.random(clips), draws.random(clips)
    scores = []
    for number in range(systems):
        cider = base + 0.1 * number + draws.normal(0, 0.05, clips)
        scores.append(
            SystemScores(
                f"system_{number} & co",
                tuple(f"k{clip}" for clip in range(clips)),
                {"cider_d": cider, "rouge_l": same},
                {},
                {"cider_d": float(cider.mean()), "rouge_l": float(same.mean()), "vocabulary": 9.0},
            )
        )
    return SystemsScored(
        numbers=tuple(range(systems)),
        scores=tuple(scores),
        comparison=compare(scores, resamples=500),
        complete=True,
    )


@pytest.fixture
def tab(qtbot: QtBot, studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScoresTab]:
    spice = MetricStatus(
        METRICS["spice"],
        "SPICE's program is not here; 'aac-studio metrics install spice' brings it.",
        ("spice",),
    )
    plain = MetricStatus(METRICS["cider_d"], "", ())
    monkeypatch.setattr("app.pages.compare.missing_metrics.metric_statuses", lambda: (spice, plain))
    made = ScoresTab(studio)
    qtbot.addWidget(made)
    made.resize(1200, 560)
    made.show()
    yield made


def test_the_tables_say_how_sure_one_can_be(tab: ScoresTab, qtbot: QtBot) -> None:
    tab.take(found())
    qtbot.waitUntil(lambda: bool(tab.missing.statuses))
    rows = tab.table.texts()
    assert rows[0][0].startswith("A")
    heads = [tab.table.horizontalHeaderItem(n).text() for n in range(tab.table.columnCount())]
    cider = rows[1][heads.index("CIDEr-D")]
    assert " to " in cider
    # Never 0 for what is not there.
    assert rows[0][heads.index("SPICE")] == "–"
    spice = tab.table.item(0, heads.index("SPICE"))
    assert spice is not None and spice.toolTip() in (
        "SPICE's program is not here.",
        "Not computed.",
    )
    assert tab.sentence.text().startswith("B is better than A by ")
    assert " CIDEr-D points on these 60 clips, 95 % interval " in tab.sentence.text()
    readings = {row[1]: row[-1] for row in tab.differences.table.texts()}
    assert readings == {"CIDEr-D": "B is better", "ROUGE-L": "no difference shown"}


def test_many_systems_are_compared_pair_by_pair(tab: ScoresTab) -> None:
    tab.take(found(systems=6, clips=20))
    assert len(tab.differences.table.texts()) == 15
    choices = tab.differences.choices
    choices.setCurrentIndex(choices.findText("F − A in every metric"))
    choices.activated.emit(choices.currentIndex())
    assert [row[0] for row in tab.differences.table.texts()] == ["F − A", "F − A"]


def test_what_nobody_chose_is_not_kept(tab: ScoresTab) -> None:
    choices = tab.differences.choices
    tab.take(found(systems=3))
    assert choices.currentText() == "every pair in CIDEr-D"
    # Of one pair alone every metric is the better beginning.
    tab.take(found())
    assert choices.currentText() == "B − A in every metric"
    choices.setCurrentIndex(choices.findText("every pair in ROUGE-L"))
    choices.activated.emit(choices.currentIndex())
    tab.take(found(systems=3))
    assert choices.currentText() == "every pair in ROUGE-L"


def test_published_rows_are_marked(tab: ScoresTab) -> None:
    tab.set_source("clotho", "evaluation")
    tab.take(found())
    assert tab.published.isChecked()
    names = [row[0] for row in tab.table.texts()]
    assert names[2].startswith("DCASE 2024 report: CE + contrast\npublished: technical report")
    assert names[3].startswith("DCASE 2024 baseline\npublished: README of the challenge's baseline")
    tab.set_source("starter-scenes", "test")
    tab.take(found())
    assert len(tab.table.texts()) == 2
    assert "other clips" in tab.published.toolTip()


def test_exports(tab: ScoresTab) -> None:
    tab.set_source("clotho", "evaluation")
    tab.take(found())
    markdown = tab.text("Markdown")
    assert "| A  system_0 & co | – |" in markdown
    assert "Published: DCASE 2024 baseline" in markdown
    assert "B is better" in markdown
    latex = tab.text("LaTeX")
    assert r"A  system\_0 \& co" in latex
    assert r"95 \% interval" in latex
    rows = list(csv.DictReader(io.StringIO(tab.text("CSV"))))
    kinds = [row["kind"] for row in rows]
    assert kinds.count("difference") == 2
    difference = next(row for row in rows if row["kind"] == "difference")
    assert difference["system"] == "system_1 & co"
    assert float(difference["low_95"]) > 0
    assert {row["where"] for row in rows if row["kind"] == "score"} == {"clotho evaluation"}
    assert set(FORMATS) == {"Markdown", "LaTeX", "CSV"}


def test_one_system_alone_has_no_sentence() -> None:
    alone = found(systems=1)
    assert plain_sentence(alone) == ""
    assert pairs_of(alone) == []
    table = make_table(alone, every_metric=True, published=False)
    assert table.best == {}
    assert "difference" not in scores_csv(table, alone, "here")


def test_install_from_the_page(
    tab: ScoresTab, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def install(name: str) -> Iterator[Event]:
        asked.append(name)
        yield Progress(phase="Downloading SPICE", done=1000)

    monkeypatch.setattr("core.evaluation.install.install", install)
    tab.take(found())
    missing: MissingMetrics = tab.missing
    qtbot.waitUntil(lambda: "spice" in missing.buttons)
    assert missing.buttons["spice"].text() == "Install SPICE"
    with qtbot.waitSignal(missing.installed):
        qtbot.mouseClick(missing.buttons["spice"], Qt.MouseButton.LeftButton)
    assert asked == ["spice"]


def test_an_installation_that_fails_is_said(
    tab: ScoresTab, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def install(name: str) -> Iterator[Event]:
        raise DownloadError("SPICE could not be fetched; check the network and try again.")
        yield

    monkeypatch.setattr("core.evaluation.install.install", install)
    tab.take(found())
    qtbot.waitUntil(lambda: "spice" in tab.missing.buttons)
    with qtbot.waitSignal(tab.missing.failed) as failed:
        tab.missing.buttons["spice"].click()
    assert "check the network" in failed.args[0]
    qtbot.waitUntil(lambda: tab.missing.buttons["spice"].isEnabled())


def test_real_scores(
    open_page: Opener, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if find_spec("aac_metrics") is None:
        pytest.skip("aac-metrics is an extra")
    two_runs()
    page = open_page(metrics=("cider_d", "rouge_l"))
    ready(page, qtbot)
    captioned(page, qtbot)
    gains = page.model.gains()
    assert gains is not None and (gains > 0).all()
    assert page.model.metric == "cider_d"
    assert "CIDEr-D" in page.clips.details.columns[1].figures.text()
    page.tabs.setCurrentWidget(page.scores)
    assert page.scores.sentence.text().startswith("B is better than A by")
    # Sorting through the header, and a filter on the gain.
    table = page.clips.table
    page.tabs.setCurrentWidget(page.clips)
    table.horizontalHeader().setSortIndicator(3, Qt.SortOrder.DescendingOrder)
    first = page.model.row_at(0).clip.title
    assert first == page.model.rows[int(np.argmax(gains))].clip.title
    panel = page.clips.filter
    panel.figure.setCurrentIndex(panel.figure.count() - 1)
    panel.low.setText(f"{float(gains.max()) + 0.01:.4f}")
    panel.low.textEdited.emit(panel.low.text())
    assert page.model.rowCount() == 0
    assert panel.text() == "Filter (1)"
    panel.reset()
    assert page.model.rowCount() == 6
    # Export of the scores.
    target = tmp_path / "scores.md"
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", staticmethod(lambda *args: (str(target), ""))
    )
    page.scores.menu.actions()[0].trigger()
    settled(page, qtbot)
    qtbot.waitUntil(target.exists)
    assert "CIDEr-D" in target.read_text()
