"""Captions of a validation are scored beside the next epoch, and nothing else changes."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

import pytest

from core.errors import MetricError
from core.evaluation.scorer import Scores
from core.events import (
    CheckpointSaved,
    EpochEnded,
    Event,
    RunEnded,
    StepLogged,
    ValidationEnded,
    ValidationScored,
    Warned,
)
from core.models.checkpoints import load_checkpoint
from core.runs import RunFolder, create_run, effective, record, summarize
from core.runs.branching import copy_history
from core.runs.commands import request
from core.training import run_requests, validation_scoring
from core.training.prepare import Prepared
from core.training.trainer import Trainer
from tests.core.training.conftest import tiny_config
from tests.core.training.test_trainer import CPU, comparable, same_weights, trainer, weights

SMALL = {"epochs": 3, "batch_size": 11, "accumulate": 1}
CONFIG = tiny_config(training=SMALL, validation={"caption_clips": 4, "previews": 1})


class InstantScorer:
    """Scores captions by their words, in place of the process; fails where it is told to."""

    fails = False

    def start(self) -> None: ...

    def close(self) -> None: ...

    def submit(
        self, candidates: Sequence[str], references: Sequence[Sequence[str]]
    ) -> Future[Scores]:
        assert len(candidates) == len(references)
        if self.fails:
            raise MetricError("The metrics process could not be started.")
        result: Future[Scores] = Future()
        result.set_result(Scores({"cider_d": sum(len(set(text)) for text in candidates) / 100}))
        return result


@pytest.fixture(autouse=True)
def instant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation_scoring, "Scorer", InstantScorer)
    monkeypatch.setattr(run_requests, "_LOOK_SECONDS", 0.0)


def told(run: RunFolder) -> list[Event]:
    kinds = (StepLogged, EpochEnded, ValidationEnded, ValidationScored)
    return [
        comparable(event)
        for _, event in effective(run.events.read_all())
        if isinstance(event, kinds) or (isinstance(event, CheckpointSaved) and event.kind == "best")
    ]


def test_scores_come_at_the_end_of_the_next_epoch(folder: RunFolder, data: Prepared) -> None:
    list(record(folder, trainer(CONFIG, folder, data).run()))
    kinds = (EpochEnded, ValidationEnded, ValidationScored)
    order = [(type(event), event.epoch) for event in told(folder) if isinstance(event, kinds)]
    assert order == [
        (EpochEnded, 0),
        (ValidationEnded, 0),
        (ValidationScored, 0),
        (EpochEnded, 1),
        (ValidationEnded, 1),
        (ValidationScored, 1),
        (EpochEnded, 2),
        (ValidationEnded, 2),
    ]
    scores = {e.epoch: e.metrics for e in told(folder) if isinstance(e, ValidationScored)}
    last = next(e for e in reversed(told(folder)) if isinstance(e, ValidationEnded))
    scores[last.epoch] = last.metrics
    best = load_checkpoint(folder.best).info
    assert best.metrics["cider_d"] == scores[best.epoch - 1]["cider_d"]
    assert summarize(folder).metrics == {**last.losses, **last.metrics}


@pytest.mark.parametrize("after", [3, 11, 15, 19, 23])
def test_a_stop_changes_nothing(
    tmp_path: Path, folder: RunFolder, data: Prepared, after: int
) -> None:
    whole = trainer(CONFIG, folder, data)
    list(record(folder, whole.run()))
    other = create_run(CONFIG, tmp_path / "stopped")
    for killed in (False, True):
        resume = other.state.exists()
        events = record(other, trainer(CONFIG, other, data, resume).run())
        for count, _ in enumerate(events):
            if count == after:
                break
        kept = other.state.read_bytes() if other.state.exists() else b""
        events.close()  # type: ignore[attr-defined]
        if killed and kept:
            other.state.write_bytes(kept)  # As if it had not had the time to save.
    resumed = trainer(CONFIG, other, data, resume=True)
    list(record(other, resumed.run()))
    assert told(other) == told(folder)
    assert same_weights(weights(whole), weights(resumed))
    ours, theirs = (load_checkpoint(run.best).info.metrics for run in (folder, other))
    assert ours == theirs


def test_a_run_that_is_asked_to_stop_tells_the_scores_first(
    folder: RunFolder, data: Prepared
) -> None:
    for event in record(folder, trainer(CONFIG, folder, data).run()):
        if isinstance(event, StepLogged) and event.step == 3:
            request(folder.path, "stop")
    kinds = [type(event) for _, event in folder.events.read_all()]
    assert kinds.index(ValidationScored) < kinds.index(RunEnded)
    assert trainer(CONFIG, folder, data, resume=True).position.unscored is None


def test_a_branch_tells_the_scores_of_the_last_shared_epoch(tmp_path: Path, data: Prepared) -> None:
    settings = {**SMALL, "keep_states": [2]}
    trunk_config = tiny_config(training=settings, validation={"caption_clips": 4})
    trunk = create_run(trunk_config, tmp_path / "trunk")
    list(record(trunk, trainer(trunk_config, trunk, data).run()))
    run = create_run(CONFIG, tmp_path / "branch")
    branch = Trainer(CONFIG, run, data, CPU, branch=trunk.epoch_state(2))
    at = branch.position
    copy_history(trunk, run, at.epoch, at.reported_step, at.unscored_step)
    list(record(run, branch.run()))
    assert told(run) == told(trunk)


def test_a_score_that_decides_is_waited_for(folder: RunFolder, data: Prepared) -> None:
    config = tiny_config(
        training=SMALL, validation={"caption_clips": 4, "previews": 0, "monitor": "cider_d"}
    )
    events = list(trainer(config, folder, data).run())
    assert not any(isinstance(event, ValidationScored) for event in events)
    values = [e.metrics["cider_d"] for e in events if isinstance(e, ValidationEnded)]
    best = [e for e in events if isinstance(e, CheckpointSaved) and e.kind == "best"]
    assert best[-1].value == max(values)


def test_without_metrics_it_says_so_once_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, folder: RunFolder, data: Prepared
) -> None:
    monkeypatch.setattr(InstantScorer, "fails", True)
    events = list(trainer(CONFIG, folder, data).run())
    warned = [event.message for event in events if isinstance(event, Warned)]
    assert warned == ["The metrics process could not be started."]
    assert sum(isinstance(event, ValidationEnded) for event in events) == 3
