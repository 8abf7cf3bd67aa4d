"""A whole experiment on tiny sounds: queued, trained, branched, evaluated, stopped and gone on."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

import core.evaluation.scorer as scorer
from core.cli import main
from core.events import Evaluated, Noted, StepLogged, Warned
from core.experiments import (
    Arm,
    Experiment,
    create_experiment,
    evaluate_experiment,
    experiment_status,
    load_experiment,
    queue_experiment,
    run_experiment,
    save_experiment,
)
from core.files import read_json
from core.runs import create_run
from core.runs.queue import RunQueue
from tests.core.tiny import Tones, tiny_config


@pytest.fixture
def experiment(tones: Tones, monkeypatch: pytest.MonkeyPatch) -> Experiment:
    monkeypatch.setattr(scorer, "missing_metrics", lambda: "left out")
    late = {"objectives": [{"name": "caption-ntxent", "start_epoch": 1}]}
    return create_experiment("tiny", tiny_config(), [Arm("CE"), Arm("late", late)], [1, 2])


def test_everything_is_queued_once_and_in_order(experiment: Experiment) -> None:
    queue = RunQueue()
    added = queue_experiment(experiment, queue)
    entries = queue.entries()
    assert [entry.id for entry in entries] == list(added)
    assert [entry.group for entry in entries] == ["tiny"] * 4
    assert entries[0].config is not None
    assert entries[0].config.training.keep_states == (1,)
    assert entries[1].after == added[0]
    assert entries[1].initial_from == f"{added[0]}:1"
    assert queue_experiment(experiment, queue) == ()


def test_runs_of_other_experiments_in_the_queue_do_not_count(experiment: Experiment) -> None:
    queue = RunQueue()
    for config in (experiment.config(arm, seed) for arm in experiment.arms for seed in (1, 2)):
        queue.add(config, group="another")
    assert len(queue_experiment(experiment, queue)) == 4


def test_a_stopped_run_that_waits_to_be_resumed_is_not_queued_again(experiment: Experiment) -> None:
    queue = RunQueue()
    run = create_run(experiment.config(experiment.arms[0], 1))
    run.state.parent.mkdir(parents=True, exist_ok=True)
    run.state.touch()
    queue.add(resume=str(run.path))
    added = queue_experiment(experiment, queue)
    titles = [entry.title for entry in queue.entries() if entry.id in added]
    assert "tiny: CE, seed 1" not in titles
    assert len(added) == 3


def test_a_run_that_went_on_after_its_evaluation_is_evaluated_again(experiment: Experiment) -> None:
    single = replace(experiment, arms=experiment.arms[:1], seeds=(1,))
    save_experiment(single)
    list(run_experiment(single))
    run = experiment_status(single).cell("CE", 1).run
    assert run is not None
    assert list(evaluate_experiment(single)) == []
    kept = run.evaluation / "tones-test" / "scores.json"
    earlier = run.best.stat().st_mtime - 10
    os.utime(kept, (earlier, earlier))
    assert any(isinstance(event, Evaluated) for event in evaluate_experiment(single))


def test_a_stopped_experiment_goes_on_and_trains_shared_epochs_once(
    experiment: Experiment,
) -> None:
    events = run_experiment(experiment)
    steps = 0
    for event in events:
        steps += isinstance(event, StepLogged)
        if steps == 2:
            break
    events.close()  # type: ignore[attr-defined]
    (first,) = [cell for cell in experiment_status(experiment).cells if cell.run]
    assert first.state == "stopped"
    again = list(run_experiment(experiment))
    status = experiment_status(experiment)
    assert status.finished == 4
    assert status.cell("CE", 1).run == first.run
    assert not [event for event in again if isinstance(event, Warned)]
    # Three steps an epoch: two of the first run were made before; the late arms train one epoch.
    per_epoch = 3
    assert sum(isinstance(event, StepLogged) for event in again) == per_epoch * 6 - 2
    assert sum(isinstance(event, Evaluated) for event in again) == 4
    branch = status.cell("late", 1).run
    assert branch is not None
    assert branch.config().training.branch_from.endswith("epoch-1.state.pt")
    kept = read_json(branch.evaluation / "tones-test" / "scores.json")
    assert (kept["dataset"], kept["split"]) == ("tones", "test")
    rest = list(run_experiment(experiment))
    assert rest == []


def test_a_run_that_fails_does_not_stop_the_others(
    experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    import core.training
    from core.errors import StudioError

    train = core.training.train_run

    def failing(config: object, run: object) -> object:
        if config.arm == "CE" and config.seed == 1:  # type: ignore[attr-defined]
            raise StudioError("The disk is full.")
        return train(config, run)  # type: ignore[arg-type]

    monkeypatch.setattr(core.training, "train_run", failing)
    events = list(run_experiment(experiment))
    told = [event.message for event in events if isinstance(event, Warned)]
    assert told == ["tiny: CE, seed 1 failed: The disk is full."]
    status = experiment_status(experiment)
    assert status.finished == 2
    noted = [event.message for event in events if isinstance(event, Noted)]
    assert "Training tiny: CE, seed 2." in noted


@pytest.mark.usefixtures("experiment")
def test_from_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["experiment", "list"]) == 0
    assert "tiny" in capsys.readouterr().out
    assert main(["experiment", "run", "tiny", "--metrics", "quick"]) == 0
    shown = capsys.readouterr().out
    assert "tiny: CE, seed 1" in shown
    assert "Evaluating late, seed 2" in shown
    report = load_experiment("tiny").folder / "report.html"
    assert shown.splitlines()[-1] == f"Report: {report}"
    assert report.is_file()
    assert main(["experiment", "status", "tiny"]) == 0
    assert capsys.readouterr().out.count("finished") == 4
    assert main(["experiment", "report", "absent"]) == 2
    assert "no experiment named 'absent'" in capsys.readouterr().err


def test_an_experiment_is_made_from_presets(capsys: pytest.CaptureFixture[str]) -> None:
    arms = ["--arms", "CE=starter-ce", "starter-ce+cl", "--seeds", "1", "2"]
    assert main(["experiment", "create", "Is it?", *arms, "--set", "training.epochs=3"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("is-it: 4 runs, evaluated on test")
    experiment = load_experiment("is-it")
    assert [arm.name for arm in experiment.arms] == ["CE", "Starter: CE + contrast"]
    assert experiment.base.training.epochs == 3
    assert experiment.config(experiment.arms[1], 2).training.epochs == 3
    assert main(["experiment", "create", "x", "--arms", "starter-ce", "starter-ce"]) == 2
    assert "Two arms are named" in capsys.readouterr().err
    assert main(["experiment", "create", "x", "--arms", "mars"]) == 2
    assert main(["experiment", "create", "x", "--arms", "starter-ce", "--set", "a=1"]) == 2
    assert "'a' is not a setting" in capsys.readouterr().err
