"""Planning arms x seeds: the same training is done once, and nothing else is shared."""

from __future__ import annotations

from typing import Any

import pytest

from core import paths
from core.config import RunConfig, parse_config
from core.errors import ConfigError
from core.experiments import (
    Arm,
    Experiment,
    arm_between,
    create_experiment,
    list_experiments,
    load_experiment,
    planned_runs,
    shared_epochs,
)
from core.files import write_text_atomic
from core.presets import load_preset


def contrast(**values: Any) -> dict[str, Any]:
    return {"name": "caption-ntxent", **values}


def config(*objectives: dict[str, Any], **values: Any) -> RunConfig:
    return parse_config({"training": {"epochs": 10}, "objectives": list(objectives), **values})


CE = Arm("CE")
LATE = Arm("CE, then contrast", {"objectives": [contrast(start_epoch=4)]})
JOINT = Arm("CE + contrast", {"objectives": [contrast()]})


def made(*arms: Arm, **options: Any) -> Experiment:
    return create_experiment("CE or contrast?", config(), arms, (1, 2), **options)


def test_an_experiment_is_read_as_it_was_made() -> None:
    experiment = made(CE, JOINT, split="validation")
    assert experiment.name == "ce-or-contrast"
    assert load_experiment("ce-or-contrast") == experiment
    again = made(CE, JOINT)
    assert again.name == "ce-or-contrast-2"
    assert [one.name for one in list_experiments()] == ["ce-or-contrast", "ce-or-contrast-2"]


def test_a_runs_configuration_names_its_place() -> None:
    experiment = made(CE, JOINT)
    joint = experiment.config(JOINT, 2)
    assert (joint.experiment, joint.arm, joint.seed) == (experiment.name, JOINT.name, 2)
    assert joint.objectives[0].name == "caption-ntxent"
    plain = experiment.config(CE, 2)
    assert (
        plain.model_copy(
            update={"objectives": joint.objectives, "arm": joint.arm, "name": joint.name}
        )
        == joint
    )


def test_an_arm_is_what_lies_between_two_presets() -> None:
    base, other = load_preset("starter-ce").config, load_preset("starter-ce+cl").config
    arm = arm_between("CE + contrast", base, other)
    assert set(arm.overrides) == {"objectives"}
    experiment = create_experiment("presets", base, [Arm("CE"), arm], [7])
    assert experiment.config(arm, 7).objectives == other.objectives


def test_an_arm_says_nothing_of_names_and_seeds() -> None:
    base = config(name="one", experiment="e", arm="a", preset="p", seed=1)
    other = config(name="two", experiment="f", arm="b", preset="q", seed=2)
    assert arm_between("same", base, other).overrides == {}


def test_the_base_of_an_experiment_has_no_name_of_a_run() -> None:
    base = config(name="my run", experiment="earlier", arm="old")
    experiment = create_experiment("x", base, [CE], [1])
    assert (experiment.base.name, experiment.base.experiment, experiment.base.arm) == ("", "", "")


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (config(), config(), 10),
        (config(), config(seed=1), 0),
        (config(), config(training={"epochs": 11}), 0),
        (config(), config(name="x", arm="y", preset="z"), 10),
        (config(), config(contrast()), 0),
        (config(), config(contrast(start_epoch=4)), 4),
        (config(contrast(start_epoch=4)), config(contrast(start_epoch=6)), 4),
        (config(contrast(weight=1.0)), config(contrast()), 0),
        (config(contrast()), config(contrast(end_epoch=3)), 3),
        (config(contrast(end_epoch=5)), config(contrast(end_epoch=3)), 3),
        (config(), config(contrast(start_epoch=40)), 10),
        (
            config(contrast(start_epoch=4)),
            config(contrast(start_epoch=4), {"name": "audio-text-ntxent", "start_epoch": 6}),
            6,
        ),
    ],
)
def test_epochs_that_are_the_same_training(one: RunConfig, other: RunConfig, shared: int) -> None:
    assert shared_epochs(one, other) == shared
    assert shared_epochs(other, one) == shared


def test_first_epochs_are_trained_once_for_each_seed() -> None:
    runs = planned_runs(made(CE, LATE, JOINT))
    assert [(run.arm, run.seed) for run in runs] == [
        (arm.name, seed) for seed in (1, 2) for arm in (CE, LATE, JOINT)
    ]
    plain, late, joint = runs[:3]
    assert (plain.after, plain.keep_states) == ("", (4,))
    assert (late.after, late.branch_epoch) == (plain.key, 4)
    assert (joint.after, joint.branch_epoch) == ("", 0)
    assert runs[4].after == runs[3].key


def test_nothing_is_shared_where_that_is_not_wanted() -> None:
    runs = planned_runs(made(CE, LATE, share_epochs=False))
    assert all(not run.after and not run.keep_states for run in runs)


def test_equal_arms_are_trained_each() -> None:
    runs = planned_runs(made(CE, Arm("CE again")))
    assert all(not run.after for run in runs)


@pytest.mark.parametrize(
    ("title", "arms", "seeds", "message"),
    [
        ("…", [CE], [1], "at least one letter"),
        ("x", [], [1], "at least one arm"),
        ("x", [CE], [], "at least one seed"),
        ("x", [CE, CE], [1], "Two arms are named 'CE'"),
        ("x", [Arm(" ")], [1], "name of 1 to 60"),
        ("x", [CE], [1, 1], "seed stands twice"),
        ("x", [CE], list(range(1001)), "more than 1000 runs"),
        ("x", [CE, JOINT], list(range(501)), "more than 1000 runs"),
        ("x", [Arm("A", {"training.epoch": 3})], [1], "Arm 'A': 'training.epoch' is not a setting"),
        ("x", [Arm("A", {"training.epochs": 0})], [1], "Arm 'A': .*training.epochs is 0"),
        ("x", [CE], [-1], "seed is -1"),
    ],
)
def test_impossible_experiments_are_refused(
    title: str, arms: list[Arm], seeds: list[int], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        create_experiment(title, config(), arms, seeds)
    assert list_experiments() == []


@pytest.mark.parametrize("name", ["absent", "", "..", "a/b"])
def test_an_absent_experiment_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match="no experiment named"):
        load_experiment(name)


def test_an_experiment_is_read_from_its_own_folder_alone() -> None:
    experiment = made(CE, JOINT)
    inner = paths.experiments_dir() / "a" / "b"
    inner.parent.mkdir()
    experiment.folder.rename(inner)
    with pytest.raises(ConfigError, match="no experiment named 'a/b'"):
        load_experiment("a/b")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"title": 1, "base": {}, "arms": 3}'])
def test_a_damaged_experiment_is_told_and_left_out(text: str) -> None:
    write_text_atomic(paths.experiments_dir() / "bad" / "experiment.json", text)
    with pytest.raises(ConfigError, match=r"is not an experiment: (it is no JSON|parts of it)"):
        load_experiment("bad")
    assert list_experiments() == []
