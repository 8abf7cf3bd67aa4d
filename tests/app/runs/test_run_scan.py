"""Folders looked through: a long run is glanced at first and counted once its curves are there."""

from __future__ import annotations

import pytest

from app.runs import run_scan
from app.runs.run_scan import scan_folders
from core.runs import summarize
from tests.app.fake_runs import finished_run


def test_a_long_run_is_glanced_at_then_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    run = finished_run("long")
    key, whole = str(run.path), summarize(run)
    monkeypatch.setattr(run_scan, "LONG", 0)
    first = scan_folders([], {}, set(), {key})
    glanced = first.known[key].summary
    assert glanced is not None and first.unfinished
    assert (glanced.title, glanced.state) == ("long", "finished")
    assert (glanced.started, glanced.epochs, glanced.best) == (whole.started, whole.epochs, None)
    # While its curves are being read it stays at that.
    second = scan_folders([], first.known, set(), {key})
    assert second.known[key].summary is glanced and not second.unfinished
    third = scan_folders([], second.known, {key}, set())
    assert third.known[key].summary == whole and not third.unfinished
