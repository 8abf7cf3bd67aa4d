from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, QSize, Qt, QUrl
from PySide6.QtGui import QAction, QDropEvent, QScreen
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from app import errors
from app.application import warm_up
from app.jobs import Job
from app.machine import Processors, folder_size, processor_name, size_text
from app.studio import Studio
from app.widgets.banner import Banner
from app.widgets.elided_label import ElidedLabel
from app.widgets.segments import Segments
from app.window import PAGES, MainWindow
from core import paths
from core.events import Event, Progress, RunStarted, StepLogged


def counting(total: int = 10_000, saving: float = 0.0) -> Iterator[Event]:
    try:
        for index in range(total):
            time.sleep(0.002)
            yield Progress(phase="Counting", done=index + 1, total=total)
    finally:
        time.sleep(saving)


def test_pages_are_made_when_first_shown(window: MainWindow, qtbot: QtBot) -> None:
    assert window.page("train") is None
    qtbot.mouseClick(window.rail.buttons["train"], Qt.MouseButton.LeftButton)
    page = window.page("train")
    assert page is not None and window.stack.currentWidget() is page
    assert window.page("caption") is None


def test_shortcuts_lead_to_every_page(window: MainWindow) -> None:
    keys = {action.shortcut().toString() for action in window.findChildren(QAction)}
    assert {"Ctrl+1", "Ctrl+2", "Ctrl+3", "Ctrl+4", "Ctrl+O", "Ctrl+Q", "F1"} <= keys
    for _, label, _, shortcut, _ in PAGES:
        assert shortcut in window.rail.buttons[label.lower()].toolTip()


def test_a_page_that_cannot_be_opened_leaves_the_others_working(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    import app.pages.train.page as module

    def broken(studio: Studio) -> QWidget:
        raise ValueError("no such thing")

    monkeypatch.setattr(module, "TrainPage", broken)
    window.show_page("train")
    page = window.page("train")
    assert page is not None
    banner = page.findChild(Banner)
    assert banner is not None and "no such thing" in banner.label.text()


def test_the_page_and_the_geometry_come_back(studio: Studio, qtbot: QtBot) -> None:
    first = MainWindow(studio)
    first.resize(960, 701)
    first.show()
    first.show_page("train")
    first._remember()
    first.hide()
    second = MainWindow(studio)
    second.show()
    assert (second.width(), second.height()) == (960, 701)
    assert studio.settings.value("page") == "train"
    for window in (first, second):
        window.hide()
        window.deleteLater()


def test_the_status_line_shows_the_job_and_stops_it(window: MainWindow, qtbot: QtBot) -> None:
    line = window.status_line
    assert not line.stop.isVisible()
    job = Job("Counting sheep", lambda: counting())
    window.studio.jobs.submit(job)
    qtbot.waitUntil(lambda: line.bar.value() > 0, timeout=5000)
    assert line.job_text.text().startswith("Counting sheep · ")
    values = [line.bar.value()]
    job.events.connect(lambda _events: values.append(line.bar.value()))
    qtbot.wait(300)
    assert values == sorted(values)
    with qtbot.waitSignal(job.done, timeout=5000):
        qtbot.mouseClick(line.stop, Qt.MouseButton.LeftButton)
        assert "Saving..." in line.job_text.text()
        assert not line.stop.isEnabled()
    assert not line.stop.isVisible()


def test_the_status_line_says_nothing_twice(window: MainWindow, qtbot: QtBot) -> None:
    def named() -> Iterator[Event]:
        for _ in range(100):
            time.sleep(0.02)
            yield Progress(phase="Captioning", done=0, total=1, message="bell.wav")

    line = window.status_line
    job = Job("Captioning bell.wav", named)
    with qtbot.waitSignal(job.events, timeout=5000):
        window.studio.jobs.submit(job)
    assert line.job_text.text() == "Captioning bell.wav"
    with qtbot.waitSignal(job.done, timeout=5000):
        job.stop()


def test_storage_and_memory_are_measured(window: MainWindow, qtbot: QtBot) -> None:
    (paths.runs_dir() / "a").mkdir()
    (paths.runs_dir() / "a" / "b").write_bytes(b"x" * 2_000)
    window.status_line.measure_storage()
    qtbot.waitUntil(lambda: window.status_line.storage.text() == "Runs 2 KB", timeout=5000)
    assert " of " in window.status_line.memory.text()


def test_the_window_is_no_larger_than_its_screen(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = QSize(911, 512)
    monkeypatch.setattr(QScreen, "availableSize", lambda _screen: small)
    window = MainWindow(studio)
    least, size = window.minimumSize(), window.size()
    assert least.width() < small.width() and least.height() < small.height() - 24
    assert size == least
    window.deleteLater()


def test_closing_without_work_closes_at_once(window: MainWindow) -> None:
    window.close()
    assert not window.isVisible()
    assert window.studio.jobs.closing


def test_closing_waits_for_what_is_being_saved_without_blocking(
    window: MainWindow, qtbot: QtBot
) -> None:
    job = Job("Counting", lambda: counting(saving=0.5))
    window.studio.jobs.submit(job)
    qtbot.waitUntil(lambda: job.state == "running")
    window.close()
    assert window.isVisible() and window._question is not None
    stop = next(
        button
        for button in window._question.findChildren(QPushButton)
        if button.text() == "Stop and close"
    )
    began = time.perf_counter()
    qtbot.mouseClick(stop, Qt.MouseButton.LeftButton)
    assert time.perf_counter() - began < 0.3
    assert "Saving..." in window.banner.label.text()
    window.close()  # again, while it saves
    assert window.isVisible()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=5000)
    assert job.state == "stopped"


def test_a_failure_while_closing_still_closes(window: MainWindow, qtbot: QtBot) -> None:
    def failing() -> Iterator[Event]:
        try:
            while True:
                time.sleep(0.002)
                yield Progress(phase="Counting", done=1)
        finally:
            raise OSError("disk full")

    window.studio.jobs.submit(Job("Counting", failing))
    window.stop_and_close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=5000)


def test_signals_bring_pages_to_the_front_and_reach_them(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    import app.pages.train.page as module

    seen: list[str] = []
    monkeypatch.setattr(module.TrainPage, "show_run", lambda self, path: seen.append(path))
    window.studio.show_run.emit("/runs/a")
    qtbot.waitUntil(lambda: seen == ["/runs/a"], timeout=5000)
    window.studio.show_run.emit("/runs/b")
    assert seen == ["/runs/a", "/runs/b"]


def test_the_engine_is_warmed_up_in_the_background(studio: Studio, qtbot: QtBot) -> None:
    with qtbot.waitSignal(studio.engine_ready, timeout=60_000):
        warm_up(studio)


def test_uncaught_errors_are_logged_and_shown_once(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    shown: list[tuple[str, str]] = []
    monkeypatch.setattr(
        errors, "show_error", lambda parent, sentence, details: shown.append((sentence, details))
    )
    reporter = errors.ErrorReporter(window)
    try:
        raise KeyError("lost")
    except KeyError as error:
        for _ in range(2):
            reporter._hook(type(error), error, error.__traceback__)

    def fail() -> None:
        try:
            raise RuntimeError("in a thread")
        except RuntimeError as error:
            reporter._report(error)

    worker = threading.Thread(target=fail)
    worker.start()
    qtbot.waitUntil(lambda: len(shown) == 2, timeout=5000)
    worker.join()
    assert "KeyError" in shown[0][0] and "Traceback" in shown[0][1]
    assert "in a thread" in shown[1][0]


def test_an_error_dialog_has_the_traceback_to_copy(window: MainWindow) -> None:
    box = errors.show_error(window, "Something went wrong.", "Traceback ...")
    assert box.isVisible() and box.detailedText() == "Traceback ..."
    box.close()


@pytest.mark.parametrize("entry", ["show_about", "show_shortcuts"])
def test_help_is_told_in_words(
    window: MainWindow, entry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QScreen, "availableSize", lambda _screen: QSize(960, 400))
    getattr(window.menus, entry)()
    dialog = window.findChild(QDialog)
    assert dialog is not None and dialog.height() < 400
    area = dialog.findChild(QScrollArea)
    assert area is not None and not area.horizontalScrollBar().maximum()
    assert any(len(label.text()) > 100 for label in area.findChildren(QLabel))
    dialog.close()


def test_the_menu_opens_sounds_that_can_be_read(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def answer(_parent: object, _title: str, start: str, kinds: str) -> tuple[list[str], str]:
        asked.append((start, kinds))
        return ["/sounds/rain.flac"], ""

    monkeypatch.setattr("app.menus.QFileDialog.getOpenFileNames", answer)
    opened: list[list[str]] = []
    window.studio.open_in_caption.connect(opened.append)
    action = next(item for item in window.findChildren(QAction) if item.text() == "Open sound...")
    action.trigger()
    action.trigger()
    assert opened == [["/sounds/rain.flac"]] * 2
    assert "*.flac" in asked[0][1] and "*.wav" in asked[0][1]
    assert asked[1][0] == "/sounds"


def test_nothing_is_clipped_at_the_smallest_size(window: MainWindow, qtbot: QtBot) -> None:
    window.show_page("train")
    window.resize(window.minimumSize())
    qtbot.wait(50)
    assert window.width() <= 960 and window.height() <= 540


def test_small_widgets(qtbot: QtBot, tmp_path: Path) -> None:
    label = ElidedLabel("a very long text that does not fit")
    qtbot.addWidget(label)
    label.resize(60, 20)
    label.show()
    assert label.toolTip() == label.text()
    label.resize(600, 20)
    assert label.toolTip() == ""
    segments = Segments([("a", "A"), ("b", "B")])
    qtbot.addWidget(segments)
    with qtbot.waitSignal(segments.changed) as heard:
        segments.buttons["b"].click()
    assert heard.args == ["b"] and segments.value == "b"
    (tmp_path / "x").write_bytes(b"123")
    assert folder_size(tmp_path) == 3
    assert [size_text(n) for n in (5, 1500, 2.5e9)] == ["5 B", "2 KB", "2.5 GB"]
    assert processor_name()


def test_training_progress_never_goes_back() -> None:
    from app.job_progress import JobProgress

    progress = JobProgress()
    started = RunStarted(
        epochs=2,
        steps_per_epoch=10,
        device="cpu",
        parameters=1,
        vocabulary_size=1,
        train_clips=1,
        validation_clips=1,
    )
    events: list[Event] = [
        Progress(phase="Extracting features", done=5, total=10),
        Progress(phase="Extracting features", done=4, total=10),
    ]
    for event in events:
        progress.update(event)
    assert progress.fraction == 0.5
    progress.update(started)
    assert progress.fraction == 0.0
    for step in range(1, 11):
        progress.update(
            StepLogged(
                epoch=0,
                step=step,
                losses={},
                learning_rate=1,
                gradient_norm=1,
                examples_per_second=1,
            )
        )
    progress.update(Progress(phase="Validating", done=0, total=3))
    assert progress.fraction == 0.5 and progress.text == "validating 0 of 3"


def test_what_is_dropped_opens_where_it_belongs(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "show_page", lambda name: window._pages.setdefault(name, window))
    seen: list[object] = []
    window.studio.show_run.connect(seen.append)
    window.studio.open_in_caption.connect(seen.append)
    run, sound = tmp_path / "run", tmp_path / "rain.wav"
    run.mkdir()
    (run / "config.json").write_text("{}")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in (run, sound)])
    none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    move = Qt.DropAction.CopyAction
    window.dropEvent(QDropEvent(QPointF(1, 1), move, data, left, none))
    assert seen[:2] == [str(run), [str(sound)]]


def test_a_kill_saves_and_closes(tmp_path: Path) -> None:
    environment = {**os.environ, "AAC_STUDIO_HOME": str(tmp_path / "home")}
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen([sys.executable, "-m", "app"], cwd=root, env=environment)
    settings = tmp_path / "home" / "interface.ini"
    for _ in range(200):
        if settings.exists():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert "geometry" in settings.read_text()


def test_the_load_of_the_processors_is_that_since_the_last_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Times(tuple[float, ...]):
        idle = property(lambda self: self[1])

    told = iter([Times((10.0, 90.0)), Times((13.0, 91.0)), Times((13.0, 91.0))])
    monkeypatch.setattr("psutil.cpu_times", lambda: next(told))
    processors = Processors()
    assert processors.busy_share() is None
    assert processors.busy_share() == 0.75
    assert processors.busy_share() is None
