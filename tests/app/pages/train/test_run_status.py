from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.pace import Pace
from app.pages.train import session as session_module
from app.pages.train.run_status import run_status, state_of
from app.pages.train.session import Session
from app.runs.history import RunHistory
from core.events import Event, Progress, RunEnded
from core.runs import RunFolder, RunSummary


def ended_history() -> RunHistory:
    history = RunHistory()
    history.ended = RunEnded(reason="finished", epoch=1, step=2)
    return history


def test_an_unreadable_run_stays_so_whatever_its_events_say() -> None:
    run = RunFolder(Path("runs/a"))
    summary = RunSummary(run=run, title="a", state="unreadable", problem="config.json is no JSON.")
    history = ended_history()
    assert state_of(history, summary, alive=False) == "unreadable"
    standing = run_status(None, history, summary, alive=False)
    assert standing.facts == ("config.json is no JSON.",)
    assert "resume" not in standing.can


def test_events_are_newer_than_the_summary() -> None:
    summary = RunSummary(run=RunFolder(Path("runs/a")), title="a", state="running")
    assert state_of(ended_history(), summary, alive=False) == "finished"
    assert state_of(None, summary, alive=False) == "running"
    assert state_of(None, summary, alive=True) == "elsewhere"
    assert state_of(None, None, alive=False) == "not started"


def test_a_run_that_never_began_can_be_started() -> None:
    summary = RunSummary(run=RunFolder(Path("runs/a")), title="a", state="not started")
    assert "resume" in run_status(None, None, summary, alive=False).can
    assert "resume" not in run_status(None, None, None, alive=False).can


def session_of() -> Session:
    failed = SimpleNamespace(connect=lambda _: None)
    job: Any = SimpleNamespace(state="running", ended=False, failed=failed)
    return Session(job, RunFolder(Path("runs/a")), "a")


def test_preparing_tells_how_far_it_is_and_how_long_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr(session_module, "Pace", lambda: Pace(lambda: now[0]))
    session = session_of()

    def after(seconds: float, event: Event) -> tuple[str, tuple[str, ...]]:
        now[0] += seconds
        session.take([event])
        standing = run_status(session, None, None, alive=False)
        return standing.phase, standing.facts

    def extracted(done: int) -> Event:
        return Progress(phase="Extracting features", done=done, total=1500)

    once = "only once for this dataset and encoder"
    assert after(0, Progress(phase="Loading the encoder", done=0)) == ("Loading the encoder", ())
    told = ("Extracting features", (f"0 of 1,500 clips · {once}",))
    assert after(0, extracted(0)) == told
    told = ("Extracting features", (f"500 of 1,500 clips · about 60 s left · {once}",))
    assert after(30, extracted(500)) == told
    # All are there, perhaps from the start: nothing is extracted any more.
    assert after(60, extracted(1500)) == ("Reading stored features", ())
    session.started = True
    validating = Progress(phase="Validating", done=1, total=4)
    session.take([validating])
    assert session.activity_count == "1 of 4 batches"


def test_a_run_that_has_just_begun_does_not_guess_its_end() -> None:
    session = session_of()
    session.started = True
    assert "estimating the time left" in run_status(session, RunHistory(), None, alive=False).facts
