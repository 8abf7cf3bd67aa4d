from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea, QToolButton
from pytestqt.qtbot import QtBot

from app.pages.compare.blind_words import result_sentence
from app.pages.compare.page import ComparePage
from app.studio import Studio
from core.config import CaptionNTXentConfig, RunConfig
from core.evaluation import evaluation_folder
from core.evaluation.blind import list_sessions, load_session
from core.evaluation.evaluation_files import CaptionedClip, write_evaluation
from core.evaluation.scorer import Scores
from core.events import Event, Progress
from core.experiments import Arm, create_experiment, experiment_status
from tests.app.pages.compare.conftest import Opener, captioned, ready, settled, two_runs
from tests.app.pages.fakes import make_run, write_checkpoint


def write_table(path: Path, rows: list[tuple[str, str]], encoding: str = "utf-8") -> Path:
    with path.open("w", newline="", encoding=encoding) as stream:
        writer = csv.writer(stream)
        writer.writerow(["file_name", "caption_predicted"])
        writer.writerows(rows)
    return path


def keep_evaluation(checkpoint: Path, gain: float, clips: int = 6) -> None:
    """Keep an evaluation of the first clips of starter-scenes' test split."""
    names = [f"test-{number}" for number in range(clips)]
    captions = [CaptionedClip(name, f"kept {name}", f"kept {name}", -0.3, ("x",)) for name in names]
    figures = [0.1 * number + gain * (1 + number % 2) for number in range(clips)]
    scores = Scores({"fense": sum(figures) / clips}, {"fense": figures})
    about = {"title": checkpoint.stem, "dataset": "starter-scenes", "split": "test"}
    folder = evaluation_folder(checkpoint, "starter-scenes", "test")
    write_evaluation(folder, captions, scores, scores.corpus, about)


def test_captions_of_others_with_everything_wrong_with_them(
    open_page: Opener, qtbot: QtBot, tmp_path: Path, studio: Studio
) -> None:
    two_runs()
    rows = [(f"test-{number}", "un café bruyant") for number in range(4)]
    rows += [("test-4", ""), ("test-0", "again"), ("nowhere.wav", "x")]
    table = write_table(tmp_path / "others.csv", rows, encoding="latin-1")
    page = open_page()
    ready(page, qtbot)
    studio.open_in_compare.emit([str(table)])
    qtbot.waitUntil(lambda: len(page.model.systems) == 3)
    qtbot.waitUntil(page.banner.isVisible)
    assert page.model.index(0, 3).data() == "un café bruyant"
    assert page.model.index(5, 3).data() == "others.csv has no caption of this clip."
    said = page.banner.label.text()
    for problem in ("repeat a file", "empty captions", "'test-5'", "'nowhere.wav'"):
        assert problem in said
    captioned(page, qtbot)
    # The rest goes on: five clips have captions of all three.
    assert page.model.captioned() == 5
    assert "Over the 5 clips that every system captioned." in page.scores.about.text()
    page.tabs.setCurrentWidget(page.settings)
    assert "no settings are known of C" in page.settings.summary.text()


def test_a_table_that_does_not_fit_is_said(
    open_page: Opener, qtbot: QtBot, tmp_path: Path, studio: Studio
) -> None:
    two_runs()
    table = write_table(tmp_path / "far.csv", [("street.wav", "a car")])
    page = open_page()
    ready(page, qtbot)
    page.open_systems([str(table), str(tmp_path / "none.csv")])
    qtbot.waitUntil(lambda: "far.csv has captions of none" in page.banner.label.text())
    captioned(page, qtbot)
    assert page.model.index(0, 1).data()
    assert "captions of none of the clips" in page.model.index(0, 3).data()
    assert "A" in page.scores.table.texts()[0][0]


def test_kept_evaluations_are_there_at_once(open_page: Opener, qtbot: QtBot) -> None:
    first, second = make_run("plain"), make_run("with contrast", contrast=True)
    keep_evaluation(first.best, 0.0)
    keep_evaluation(second.best, 0.05)
    page = open_page()
    ready(page, qtbot)
    qtbot.waitUntil(lambda: page.scores.found is not None)
    settled(page, qtbot)
    assert page.model.index(3, 1).data() == "kept test-3"
    assert page.model.metric == "fense"
    assert not page.top.evaluate.isEnabled()
    assert not page.top.button.isEnabled()
    assert page.scores.sentence.text().startswith("B is better than A by 7.5 FENSE points")
    # Beams and attention are found out when asked for; what was scored stays.
    page.clips.table.selectRow(2)
    details = page.clips.details
    assert details.sound.explain.isVisible()
    qtbot.mouseClick(details.sound.explain, Qt.MouseButton.LeftButton)
    settled(page, qtbot)
    assert "dogs bark" in details.columns[0].beams.text()
    assert page.model.index(2, 1).data() == "kept test-2"
    assert not details.sound.explain.isVisible()


def test_evaluating_a_split_goes_on_after_a_failure(
    open_page: Opener, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from collections.abc import Iterator

    from core.errors import EncoderError

    def evaluate(checkpoint: Path, dataset: str, split: str, root: str = "") -> Iterator[Event]:
        yield Progress(phase="Captioning", done=0, total=6)
        if "contrast" not in str(checkpoint):
            raise EncoderError("The weights of the encoder yamnet are not installed; get them.")
        keep_evaluation(checkpoint, 0.1)

    monkeypatch.setattr("core.evaluation.evaluate.evaluate_checkpoint", evaluate)
    two_runs()
    page = open_page()
    ready(page, qtbot)
    qtbot.waitUntil(page.top.evaluate.isEnabled)
    qtbot.mouseClick(page.top.evaluate, Qt.MouseButton.LeftButton)
    settled(page, qtbot)
    qtbot.waitUntil(lambda: page.model.index(0, 2).data() == "kept test-0")
    assert "yamnet are not installed" in page.banner.label.text()
    assert "yamnet are not installed" in page.model.index(0, 1).data()
    settled(page, qtbot)
    assert page.scores.found is not None and page.scores.found.numbers == (1,)


def test_attention_is_shown_in_the_spectrogram(open_page: Opener, qtbot: QtBot) -> None:
    import numpy as np

    from core.captions import Caption, TokenScore
    from tests.app.pages.fakes import FakeCaptioner

    class Attentive(FakeCaptioner):
        def caption_waveform(self, samples: np.ndarray, sample_rate: int) -> Caption:
            from dataclasses import replace

            made = super().caption_waveform(samples, sample_rate)
            tokens = (TokenScore("a", -0.1), TokenScore("dog", -0.2))
            return replace(made, tokens=tokens, attention=np.array([[0.9, 0.1], [0.2, 0.8]]))

    two_runs()
    page = open_page(Attentive)
    ready(page, qtbot)
    captioned(page, qtbot)
    column = page.clips.details.columns[0]
    assert column.map.isVisible()
    with qtbot.waitSignal(column.word_entered) as entered:
        event = QMouseEvent(
            QMouseEvent.Type.MouseMove,
            QPointF(60, 20),
            QPointF(60, 20),
            Qt.MouseButton.NoButton,
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
        )
        column.map.mouseMoveEvent(event)
    assert entered.args == [1]
    assert not column.map.grab().isNull()


def test_curves_of_the_runs(open_page: Opener, qtbot: QtBot) -> None:
    two_runs()
    page = open_page()
    ready(page, qtbot)
    page.tabs.setCurrentWidget(page.curves)
    qtbot.waitUntil(lambda: page.curves.view is not None and len(page.curves.view.runs) == 2)
    assert page.curves.view is not None
    shown = list(page.curves.view.runs.values())
    assert [run.title for run in shown] == ["A  plain", "B  with contrast"]
    assert [run.dashed for run in shown] == [False, True]
    assert not page.curves.missing.isVisible()


def started_test(page: ComparePage, qtbot: QtBot) -> None:
    ready(page, qtbot)
    captioned(page, qtbot)
    page.tabs.setCurrentWidget(page.blind)
    assert page.blind.overview.trials.value() == 6
    qtbot.mouseClick(page.blind.overview.start, Qt.MouseButton.LeftButton)


def test_a_blind_test_is_blind_counted_and_resumed(open_page: Opener, qtbot: QtBot) -> None:
    two_runs()
    page = open_page()
    started_test(page, qtbot)
    blind = page.blind
    view, session = blind.trial, blind.session
    assert view is not None and session is not None
    texts = {view.left.label.text(), view.right.label.text()}
    assert texts == set(session.trials[0].captions)
    assert "plain" not in blind.tally.text() + blind.standing.text() + view.sound.title.text()
    # The sides are no letters: A and B are the systems.
    assert [view.left.number.text(), view.right.number.text()] == ["1", "2"]
    QTest.keyClick(view, Qt.Key.Key_1)
    QTest.keyClick(view, Qt.Key.Key_T)
    assert blind.tally.text() == "Clip 3 of 6"
    assert blind.standing.text().startswith("1 to 0 for one of them, 1 equal: 100 %")
    QTest.keyClick(view, Qt.Key.Key_Backspace)
    assert blind.tally.text() == "Clip 2 of 6"
    # Everything begins at one line.
    parts = (blind.tally, view.question, view.left, view.back)
    assert len({part.mapTo(blind, QPoint(0, 0)).x() for part in parts}) == 1
    qtbot.mouseClick(view.right, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(blind.leave, Qt.MouseButton.LeftButton)
    kept = load_session(session.name)
    assert [trial.picked for trial in kept.trials[:3]] == ["left", "right", None]
    # Taken up again where it was left.
    qtbot.waitUntil(lambda: session.name in blind.overview.resume)
    qtbot.mouseClick(blind.overview.resume[session.name], Qt.MouseButton.LeftButton)
    assert blind.tally.text() == "Clip 3 of 6"
    for _ in range(4):
        QTest.keyClick(view, Qt.Key.Key_T)
    assert blind.tally.text() == "Result"
    done = load_session(session.name)
    assert blind.ended.text() == result_sentence(done)
    assert "plain" in blind.ended.text() and "95 % interval" in blind.ended.text()


def test_a_deleted_blind_test_is_brought_back(open_page: Opener, qtbot: QtBot) -> None:
    two_runs()
    page = open_page()
    started_test(page, qtbot)
    overview, session = page.blind.overview, page.blind.session
    assert session is not None
    qtbot.mouseClick(page.blind.leave, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.name in overview.resume)
    line = overview.resume[session.name].parentWidget()
    assert line is not None
    drop = line.findChild(QToolButton)
    assert drop is not None
    qtbot.mouseClick(drop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not overview.resume)
    assert list_sessions() == [] and overview.gone.isVisible()
    assert overview.start.hasFocus()
    qtbot.mouseClick(overview.undo, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.name in overview.resume)
    assert load_session(session.name) == session and not overview.gone.isVisible()


def test_without_differing_captions_there_is_no_blind_test(open_page: Opener, qtbot: QtBot) -> None:
    two_runs()
    page = open_page()
    ready(page, qtbot)
    page.tabs.setCurrentWidget(page.blind)
    assert not page.blind.overview.start.isEnabled()
    assert "Caption some clips" in page.blind.overview.reason.text()


def test_an_experiment_in_one_table(
    open_page: Opener, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = RunConfig()
    contrast = [CaptionNTXentConfig().model_dump(mode="json")]
    experiment = create_experiment(
        "CE or CL", base, (Arm("CE"), Arm("CE + CL", {"objectives": contrast})), (1, 2)
    )
    for number, arm in enumerate(experiment.arms):
        for seed in experiment.seeds:
            run = make_run(f"{arm.name} {seed}", contrast=bool(number), seed=seed)
            config = experiment.config(arm, seed)
            (run.path / "config.json").write_text(config.model_dump_json())
            write_checkpoint(run.best, config)
            if seed == 1 or number == 0:
                keep_evaluation(run.best, 0.05 * number + 0.01 * seed)
    assert experiment_status(experiment).finished == 4

    from collections.abc import Iterator

    def evaluate(_experiment: object) -> Iterator[Event]:
        cell = experiment_status(experiment).cell("CE + CL", 2)
        assert cell.run is not None
        keep_evaluation(cell.run.best, 0.06)
        yield Progress(phase="Captioning", done=6, total=6)

    monkeypatch.setattr("core.experiments.running.evaluate_experiment", evaluate)
    page = open_page()
    ready(page, qtbot)
    tab = page.experiments
    assert tab.empty.title.text() == "Looking for experiments"
    page.tabs.setCurrentWidget(tab)
    assert not page.top.isVisible()
    qtbot.waitUntil(lambda: tab.stack.currentIndex() == 1)
    assert tab.analysis is not None or tab.status.text() == "Reading the results..."
    assert tab.analysis is not None or not (tab.arms.isVisible() or tab.report.isEnabled())
    qtbot.waitUntil(lambda: tab.analysis is not None)
    assert tab.arms.texts()[1][:2] == ["CE + CL", "1 of 2"]
    assert tab.compute.isEnabled()
    qtbot.mouseClick(tab.compute, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: tab.arms.texts()[1][1] == "2 of 2")
    assert "±" in tab.arms.texts()[0][2]
    assert ">CE + CL is better than CE by" in tab.sentence.text()
    assert tab.differences.table.texts()[0][0] == "FENSE"
    assert not tab.compute.isEnabled()
    area = tab.stack.findChild(QScrollArea)
    assert isinstance(area, QScrollArea) and not area.horizontalScrollBar().maximum()
    assert area.widget().minimumSizeHint().width() <= 870  # in the smallest window
    opened: list[object] = []
    monkeypatch.setattr("app.pages.compare.experiments_tab.QDesktopServices.openUrl", opened.append)
    qtbot.mouseClick(tab.report, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(opened))
    assert (experiment.folder / "report.html").is_file()
    # Its runs on the other tabs.
    qtbot.mouseClick(tab.compare, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.tabs.currentWidget() is page.clips)
    expected = [experiment_status(experiment).cell(arm, 1) for arm in ("CE", "CE + CL")]
    wanted = [cell.run.best for cell in expected if cell.run]
    qtbot.waitUntil(lambda: [file.path for file in page.systems.selected()] == wanted)
    settled(page, qtbot)


def test_the_keyboard_stays_on_the_page_when_the_choice_of_systems_is_hidden(
    open_page: Opener, qtbot: QtBot
) -> None:
    two_runs()
    page = open_page()
    ready(page, qtbot)
    qtbot.waitUntil(lambda: page.isActiveWindow())
    page.systems.chips[0].combo.setFocus()
    page.tabs.setCurrentWidget(page.experiments)
    assert page.tabs.tabBar().hasFocus()
