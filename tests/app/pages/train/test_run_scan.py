"""Folders looked through: a long run is glanced at first and counted once its curves are there."""

from __future__ import annotations

import pytest
from fake_runs import finished_run

from app.pages.train import run_scan
from app.pages.train.choices import joins
from app.pages.train.run_scan import scan_folders
from core.runs import summarize


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


def test_datasets_are_joined_by_two_and_all() -> None:
    assert joins(["starter-scenes"]) == []
    assert joins(["starter-scenes", "starter-mixed", "mine"]) == ["starter-scenes+mine"]
    assert joins(["clotho", "audiocaps", "audiocaps-v2", "rain-1", "rain-2"])[-1] == (
        "clotho+audiocaps+rain-1+rain-2"
    )
