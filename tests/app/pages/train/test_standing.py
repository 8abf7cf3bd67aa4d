from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from app.pages.train.session import Session
from app.pages.train.standing import standing_of, state_of
from app.runs.history import RunHistory
from core.events import RunEnded
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
    standing = standing_of(None, history, summary, alive=False)
    assert standing.facts == ("config.json is no JSON.",)
    assert "resume" not in standing.can


def test_events_are_newer_than_the_summary() -> None:
    summary = RunSummary(run=RunFolder(Path("runs/a")), title="a", state="running")
    assert state_of(ended_history(), summary, alive=False) == "finished"
    assert state_of(None, summary, alive=False) == "running"
    assert state_of(None, summary, alive=True) == "elsewhere"
    assert state_of(None, None, alive=False) == "not started"


def test_a_run_that_has_just_begun_does_not_guess_its_end() -> None:
    failed = SimpleNamespace(connect=lambda _: None)
    job: Any = SimpleNamespace(state="running", ended=False, failed=failed)
    session = Session(job, RunFolder(Path("runs/a")), "a")
    session.started = True
    assert "Estimating..." in standing_of(session, RunHistory(), None, alive=False).facts
