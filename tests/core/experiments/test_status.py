"""Where an experiment stands, from the folders of its runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.config import RunConfig, parse_config
from core.events import Event, RunEnded, RunStarted
from core.experiments import Arm, Experiment, create_experiment, experiment_status
from core.runs import RunFolder, create_run, record

CE = Arm("CE")
JOINT = Arm("CE + contrast", {"objectives": [{"name": "caption-ntxent"}]})


def config() -> RunConfig:
    return parse_config({"training": {"epochs": 10}})


def made(*arms: Arm) -> Experiment:
    return create_experiment("CE or contrast?", config(), arms, (1, 2))


def run_that_ended(experiment: Experiment, *events: Event) -> RunFolder:
    run = create_run(experiment.config(CE, 1))
    started = RunStarted(
        epochs=10,
        steps_per_epoch=1,
        device="cpu",
        parameters=1,
        vocabulary_size=5,
        train_clips=1,
        validation_clips=1,
    )
    list(record(run, iter([started, *events])))
    return run


def test_where_it_stands_is_read_from_the_run_folders(home: Path) -> None:
    experiment = made(CE, JOINT)
    other = create_experiment("other", config(), [CE], [1])
    run = create_run(experiment.config(JOINT, 2))
    create_run(other.config(CE, 1))
    (home / "runs" / "broken").mkdir()
    status = experiment_status(experiment)
    assert [cell.state for cell in status.cells] == ["missing", "missing", "missing", "not started"]
    assert status.cell(JOINT.name, 2).run == run
    assert [cell.arm for cell in status.cells[2:]] == [JOINT.name] * 2
    assert status.finished == 0
    with pytest.raises(KeyError):
        status.cell("none", 1)


def test_of_several_runs_in_one_place_the_furthest_counts() -> None:
    experiment = made(CE)
    done = run_that_ended(experiment, RunEnded(reason="finished", epoch=10, step=10))
    run_that_ended(experiment, RunEnded(reason="stopped", epoch=3, step=3))
    run_that_ended(experiment, RunEnded(reason="failed", message="The disk is full."))
    cell = experiment_status(experiment).cell(CE.name, 1)
    assert (cell.state, cell.run) == ("finished", done)


def test_of_several_runs_that_went_equally_far_the_newest_counts() -> None:
    experiment = made(CE)
    for _ in range(2):
        newest = run_that_ended(experiment, RunEnded(reason="finished", epoch=10, step=10))
    assert experiment_status(experiment).cell(CE.name, 1).run == newest
