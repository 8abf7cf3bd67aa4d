from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, QThread
from pytestqt.qtbot import QtBot

from app.jobs import Job
from app.studio import Studio
from core.errors import DatasetError
from core.events import Event, Progress


class Engine:
    """A generator of events that says what happened to it."""

    def __init__(self, total: int = 10_000, pause: float = 0.002) -> None:
        self.total, self.pause = total, pause
        self.pulled = 0
        self.closed_at = 0.0
        self.thread: object = None

    def events(self) -> Iterator[Event]:
        self.thread = threading.current_thread()
        try:
            for index in range(self.total):
                time.sleep(self.pause)
                self.pulled = index + 1
                yield Progress(phase="Counting", done=index + 1, total=self.total)
        finally:
            self.closed_at = time.perf_counter()


class Listener(QObject):
    def __init__(self, job: Job) -> None:
        super().__init__()
        self.batches: list[list[Event]] = []
        self.times: list[float] = []
        self.states: list[str] = []
        self.failures: list[tuple[str, str]] = []
        self.done = 0
        self.threads: set[object] = set()
        job.events.connect(self.take)
        job.state_changed.connect(self.states.append)
        job.failed.connect(lambda *failure: self.failures.append(failure))
        job.done.connect(self.count)

    def take(self, batch: list[Event]) -> None:
        self.batches.append(batch)
        self.times.append(time.perf_counter())
        self.threads.add(QThread.currentThread())

    def count(self) -> None:
        self.done += 1


def test_all_events_arrive_in_order_in_the_gui_thread(studio: Studio, qtbot: QtBot) -> None:
    engine = Engine(total=5000, pause=0.0)
    job = Job("Counting", engine.events)
    heard = Listener(job)
    with qtbot.waitSignal(job.done, timeout=5000):
        studio.jobs.submit(job)
    flat = [event for batch in heard.batches for event in batch]
    assert [event.done for event in flat] == list(range(1, 5001))  # type: ignore[attr-defined]
    assert heard.states == ["running", "finished"]
    assert heard.threads == {QThread.currentThread()}
    assert engine.thread is not threading.main_thread()
    assert studio.jobs.running() == []


def test_events_come_at_most_ten_times_a_second(studio: Studio, qtbot: QtBot) -> None:
    engine = Engine()
    job = Job("Counting", engine.events)
    heard = Listener(job)
    studio.jobs.submit(job)
    qtbot.waitUntil(lambda: len(heard.batches) >= 6, timeout=5000)
    assert heard.times[5] - heard.times[0] >= 0.45
    assert len(heard.batches[2]) > 1


def test_stop_closes_the_generator_within_300_ms(studio: Studio, qtbot: QtBot) -> None:
    engine = Engine(pause=0.02)
    job = Job("Counting", engine.events)
    heard = Listener(job)
    studio.jobs.submit(job)
    qtbot.waitUntil(lambda: bool(heard.batches), timeout=5000)
    asked = time.perf_counter()
    with qtbot.waitSignal(job.done, timeout=2000):
        job.stop()
        assert job.state == "stopping"
    assert engine.closed_at - asked < 0.3
    assert heard.states == ["running", "stopping", "stopped"]


def test_pause_pulls_nothing_and_resume_goes_on(studio: Studio, qtbot: QtBot) -> None:
    engine = Engine(pause=0.001)
    job = Job("Counting", engine.events)
    heard = Listener(job)
    studio.jobs.submit(job)
    qtbot.waitUntil(lambda: bool(heard.batches), timeout=5000)
    job.pause()
    qtbot.wait(50)
    pulled = engine.pulled
    qtbot.wait(100)
    assert engine.pulled == pulled
    job.resume()
    qtbot.waitUntil(lambda: engine.pulled > pulled, timeout=2000)
    job.pause()
    with qtbot.waitSignal(job.done, timeout=2000):
        job.stop()
    assert heard.states[-2:] == ["stopping", "stopped"]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            DatasetError("clips.csv is missing; download it again."),
            "clips.csv is missing; download it again.",
        ),
        (ZeroDivisionError("oops"), "Something unexpected went wrong: ZeroDivisionError: oops"),
    ],
)
def test_an_exception_becomes_a_sentence_and_a_traceback(
    studio: Studio,
    qtbot: QtBot,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    sentence: str,
) -> None:
    def events() -> Iterator[Event]:
        yield Progress(phase="Counting", done=1)
        raise error

    job = Job("Counting", events)
    heard = Listener(job)
    with qtbot.waitSignal(job.done, timeout=2000):
        studio.jobs.submit(job)
    assert heard.states[-1] == "failed"
    assert heard.failures[0][0] == sentence
    assert "Traceback" in heard.failures[0][1]
    assert sentence in caplog.text and "Traceback" in caplog.text
    assert len(heard.batches) == 1


def test_a_failure_while_saving_is_told(studio: Studio, qtbot: QtBot) -> None:
    def events() -> Iterator[Event]:
        try:
            while True:
                time.sleep(0.001)
                yield Progress(phase="Counting", done=1)
        finally:
            raise OSError("disk full")

    job = Job("Counting", events)
    heard = Listener(job)
    studio.jobs.submit(job)
    qtbot.waitUntil(lambda: bool(heard.batches), timeout=2000)
    with qtbot.waitSignal(job.done, timeout=2000):
        job.stop()
    assert heard.states[-1] == "failed"
    assert "disk full" in heard.failures[0][0]


def test_a_lane_runs_one_job_at_a_time(studio: Studio, qtbot: QtBot) -> None:
    first, second, third = (Engine(pause=0.001) for _ in range(3))
    jobs = [
        Job(name, engine.events, lane="training")
        for name, engine in (("a", first), ("b", second), ("c", third))
    ]
    heard = [Listener(job) for job in jobs]
    for job in jobs:
        studio.jobs.submit(job)
    assert [job.state for job in jobs] == ["running", "queued", "queued"]
    jobs[1].stop()
    assert heard[1].states == ["stopped"]
    with qtbot.waitSignal(jobs[0].done, timeout=2000):
        jobs[0].stop()
    assert second.pulled == 0
    assert heard[2].states == ["running"]


def test_no_new_work_while_closing(studio: Studio, qtbot: QtBot) -> None:
    job = Job("Counting", Engine().events)
    studio.jobs.submit(job)
    with qtbot.waitSignal(studio.jobs.idle, timeout=2000):
        studio.jobs.stop_all()
    late = Job("Late", Engine().events)
    assert not studio.jobs.submit(late)
    called: list[object] = []
    studio.jobs.run_quick(lambda: called.append(1))
    qtbot.wait(20)
    assert called == []


def test_quick_functions_answer_in_the_gui_thread(studio: Studio, qtbot: QtBot) -> None:
    answers: list[object] = []
    studio.jobs.run_quick(
        lambda: threading.current_thread(),
        lambda thread: answers.append((thread, threading.current_thread())),
    )
    studio.jobs.run_quick(
        lambda: 1 / 0, answers.append, lambda sentence, details: answers.append(sentence)
    )
    qtbot.waitUntil(lambda: len(answers) == 2, timeout=2000)
    threads = next(answer for answer in answers if isinstance(answer, tuple))
    assert threads[0] is not threading.main_thread()
    assert threads[1] is threading.main_thread()
    assert any("ZeroDivisionError" in str(answer) for answer in answers)


def test_a_quick_answer_for_a_deleted_widget_is_dropped(studio: Studio, qtbot: QtBot) -> None:
    owner = QObject()
    release = threading.Event()
    answers: list[object] = []
    studio.jobs.run_quick(release.wait, answers.append, owner=owner)
    owner.deleteLater()
    qtbot.wait(10)
    release.set()
    studio.jobs.run_quick(lambda: "second", answers.append)
    qtbot.waitUntil(lambda: "second" in answers, timeout=2000)
    qtbot.wait(20)
    assert answers == ["second"]
