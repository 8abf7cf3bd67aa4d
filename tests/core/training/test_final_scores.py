"""Scoring the best checkpoint at the end of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

import core.evaluation.scorer as scorer
from core.config import replace_fields
from core.events import Evaluated, RunEnded, StepLogged, Warned
from core.files import read_json
from core.runs import create_run
from core.runs.commands import request
from core.training import train_run
from tests.core.tiny import Tones, tiny_config, tones

__all__ = ["tones"]


@pytest.fixture(autouse=True)
def unscored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scorer, "missing_metrics", lambda: "left out")


def test_the_best_checkpoint_is_scored_when_all_epochs_are_trained(tones: Tones) -> None:
    config = replace_fields(tiny_config(), {"validation.final_split": "test"})
    run = create_run(config)
    events = list(train_run(config, run))
    assert isinstance(events[-1], RunEnded)
    (evaluated,) = [event for event in events if isinstance(event, Evaluated)]
    assert Path(evaluated.folder) == run.evaluation / "tones-test"
    assert read_json(run.evaluation / "tones-test" / "scores.json")["clips"] == 6


def test_a_stopped_run_is_not_scored(tones: Tones) -> None:
    config = replace_fields(tiny_config(), {"validation.final_split": "test"})
    run = create_run(config)
    events = train_run(config, run)
    for event in events:
        if isinstance(event, StepLogged) and event.epoch == 1:
            break
    events.close()  # type: ignore[attr-defined]
    assert not run.evaluation.exists()


def test_a_run_that_was_asked_to_stop_is_not_scored(tones: Tones) -> None:
    config = replace_fields(tiny_config(), {"validation.final_split": "test"})
    run = create_run(config)
    for event in train_run(config, run):
        if isinstance(event, StepLogged) and event.epoch == 1:
            request(run.path, "stop")
    assert run.best.is_file()
    assert not run.evaluation.exists()


def test_a_split_that_does_not_exist_spoils_nothing(tones: Tones) -> None:
    config = replace_fields(tiny_config(), {"validation.final_split": "mars"})
    events = list(train_run(config, create_run(config)))
    last = events[-1]
    assert isinstance(last, RunEnded)
    assert last.reason == "finished"
    told = [event.message for event in events if isinstance(event, Warned)]
    assert told == [
        "The best checkpoint was not scored: tones has no split 'mars'; it has train, validation, "
        "test."
    ]
