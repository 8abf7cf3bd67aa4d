"""What an experiment is: one configuration, the arms that change it, and the seeds of each arm.

A seed decides initial weights, data order and every draw, so the runs of one seed differ by their
arm alone. Arms whose first epochs are the same training (cross-entropy, and cross-entropy with
contrast from epoch 100 on) share them: one run trains them and the others branch from its state.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core import paths
from core.config import ObjectiveSchedule, RunConfig, parse_config, replace_fields
from core.errors import ConfigError
from core.files import read_json, unreadable_json, write_json_atomic
from core.wording import did_you_mean

EXPERIMENT_FILE = "experiment.json"
# What names a run but does not decide how it is trained.
NAMES = ("preset", "name", "experiment", "arm")
MOST_RUNS = 1000


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of training: a name, and the settings that differ from the base, by dotted path."""

    name: str
    overrides: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Experiment:
    """Arms x seeds.

    `name` is the folder's, unique; `title` is for people. `share_epochs` lets arms branch from
    the epochs they have in common. `split` names the split on which the runs are evaluated.
    """

    name: str
    title: str
    base: RunConfig
    arms: tuple[Arm, ...]
    seeds: tuple[int, ...]
    share_epochs: bool = True
    split: str = "test"

    @property
    def folder(self) -> Path:
        """Where the experiment and its report are kept."""
        return paths.experiments_dir() / self.name

    def arm(self, name: str) -> Arm:
        """Return the arm of that name. Raises `ConfigError` when there is none."""
        for arm in self.arms:
            if arm.name == name:
                return arm
        known = ", ".join(arm.name for arm in self.arms)
        raise ConfigError(f"{self.title} has no arm '{name}'; it has {known}.")

    def config(self, arm: Arm, seed: int) -> RunConfig:
        """Return the configuration of one run. Raises `ConfigError` for a wrong override."""
        names = {
            "seed": seed,
            "experiment": self.name,
            "arm": arm.name,
            "name": f"{arm.name} · seed {seed}"[:80],
        }
        try:
            return replace_fields(self.base, {**arm.overrides, **names})
        except ConfigError as error:
            raise ConfigError(f"Arm '{arm.name}': {error}") from error


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One run of the plan.

    `key` is unique in the plan. Where the run branches, `after` is the key of the run whose state
    it takes up and `branch_epoch` the number of epochs that are shared; else "" and 0.
    `keep_states` are the numbers of epochs after which others need this run's full state.
    """

    key: str
    arm: str
    seed: int
    config: RunConfig
    after: str = ""
    branch_epoch: int = 0
    keep_states: tuple[int, ...] = ()


def create_experiment(
    title: str,
    base: RunConfig,
    arms: Sequence[Arm],
    seeds: Sequence[int],
    *,
    share_epochs: bool = True,
    split: str = "test",
) -> Experiment:
    """Check and save a new experiment under a folder name made from its title.

    Raises `ConfigError` when there is nothing to compare, a name stands twice, or an arm's settings
    are impossible.
    """
    words = re.sub(r"[^a-z0-9+]+", "-", title.lower()).strip("-")[:80]
    if not words:
        raise ConfigError("An experiment needs a title with at least one letter or digit.")
    name, number = words, 1
    while (paths.experiments_dir() / name).exists():
        number += 1
        name = f"{words}-{number}"
    base = base.model_copy(update={"name": "", "experiment": "", "arm": ""})
    experiment = Experiment(
        name, title.strip(), base, tuple(arms), tuple(seeds), share_epochs, split
    )
    check_experiment(experiment)
    save_experiment(experiment)
    return experiment


def check_experiment(experiment: Experiment) -> None:
    """Raise `ConfigError` when the experiment cannot be run, in one sentence."""
    names = [arm.name for arm in experiment.arms]
    if not names:
        raise ConfigError("An experiment needs at least one arm.")
    if not experiment.seeds:
        raise ConfigError("An experiment needs at least one seed.")
    if any(not name.strip() or len(name) > 60 for name in names):
        raise ConfigError("Each arm needs a name of 1 to 60 characters.")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigError(f"Two arms are named '{twice}'; give each its own name.")
    if len(set(experiment.seeds)) < len(experiment.seeds):
        raise ConfigError("A seed stands twice; each must be used once.")
    if len(names) * len(experiment.seeds) > MOST_RUNS:
        raise ConfigError(
            f"{len(names)} arms with {len(experiment.seeds)} seeds are more than {MOST_RUNS} runs; "
            "take fewer."
        )
    for arm in experiment.arms:
        for seed in experiment.seeds:
            experiment.config(arm, seed)


def arm_between(name: str, base: RunConfig, config: RunConfig) -> Arm:
    """Return the arm that turns `base` into `config`; names and the seed are left out."""
    return Arm(name, _differences(base.model_dump(mode="json"), config.model_dump(mode="json"), ""))


def save_experiment(experiment: Experiment) -> None:
    """Write the experiment into its folder."""
    write_json_atomic(
        experiment.folder / EXPERIMENT_FILE,
        {
            "title": experiment.title,
            "seeds": list(experiment.seeds),
            "share_epochs": experiment.share_epochs,
            "split": experiment.split,
            "arms": [
                {"name": arm.name, "overrides": dict(arm.overrides)} for arm in experiment.arms
            ],
            "base": experiment.base.model_dump(mode="json"),
        },
    )


def load_experiment(name: str) -> Experiment:
    """Read an experiment by its folder's name. Raises `ConfigError` when it cannot be read."""
    path = paths.experiments_dir() / name / EXPERIMENT_FILE
    if not name or Path(name).name != name or not path.is_file():
        close = did_you_mean(name, (folder.name for folder in paths.experiments_dir().iterdir()))
        raise ConfigError(
            f"There is no experiment named '{name}'{close or ';'} 'aac-studio experiment list' "
            "lists them."
        )
    try:
        content = read_json(path)
        experiment = Experiment(
            name=name,
            title=str(content["title"]),
            base=parse_config(content["base"], str(path)),
            arms=tuple(Arm(str(arm["name"]), dict(arm["overrides"])) for arm in content["arms"]),
            seeds=tuple(int(seed) for seed in content["seeds"]),
            share_epochs=bool(content.get("share_epochs", True)),
            split=str(content.get("split", "test")),
        )
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} is not an experiment: {unreadable_json(error)}.") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{path} is not an experiment: parts of it are missing.") from error
    check_experiment(experiment)
    return experiment


def list_experiments() -> list[Experiment]:
    """Return the experiments that can be read, by name."""
    found = []
    for path in sorted(paths.experiments_dir().glob(f"*/{EXPERIMENT_FILE}")):
        try:
            found.append(load_experiment(path.parent.name))
        except ConfigError:
            continue
    return found


def shared_epochs(one: RunConfig, other: RunConfig) -> int:
    """Return how many first epochs of two runs are the same training; 0 is none.

    Everything but the names must be equal, and loss terms may differ only in when they begin and
    end: before the first difference both compute the same steps.
    """
    same = {"objectives", *NAMES}
    if one.model_dump(exclude=same) != other.model_dump(exclude=same):
        return 0
    first = one.training.epochs
    terms = {term.name: term for term in one.objectives}
    others = {term.name: term for term in other.objectives}
    for name in terms.keys() | others.keys():
        first = min(first, _first_difference(terms.get(name), others.get(name), first))
    return first


def planned_runs(experiment: Experiment) -> tuple[PlannedRun, ...]:
    """Return the runs in the order in which they should be trained: all arms of a seed together.

    A run branches from the earlier run of the same seed with which it shares the most epochs.
    """
    planned: list[PlannedRun] = []
    for seed in experiment.seeds:
        of_seed: list[PlannedRun] = []
        for number, arm in enumerate(experiment.arms):
            run = PlannedRun(f"{number}:{seed}", arm.name, seed, experiment.config(arm, seed))
            if experiment.share_epochs:
                run = _branched(run, of_seed)
            of_seed.append(run)
        planned.extend(_keeping(run, of_seed) for run in of_seed)
    return tuple(planned)


def _branched(run: PlannedRun, earlier: Sequence[PlannedRun]) -> PlannedRun:
    best, source = 0, ""
    for other in earlier:
        shared = shared_epochs(other.config, run.config)
        # An arm that shares everything is the same run under another name: it is trained anew.
        if best < shared < run.config.training.epochs:
            best, source = shared, other.key
    return replace(run, after=source, branch_epoch=best)


def _keeping(run: PlannedRun, runs: Sequence[PlannedRun]) -> PlannedRun:
    wanted = {other.branch_epoch for other in runs if other.after == run.key}
    return replace(run, keep_states=tuple(sorted(wanted)))


def _first_difference(
    one: ObjectiveSchedule | None, other: ObjectiveSchedule | None, never: int
) -> int:
    """Return the first epoch in which two loss terms act differently; `never` where none does."""
    if one is None and other is None:
        return never
    if one is None or other is None:
        present = one or other
        assert present is not None
        return present.start_epoch
    if one == other:
        return never
    if one.model_copy(update={"end_epoch": 0}) == other.model_copy(update={"end_epoch": 0}):
        return min(term.end_epoch or never for term in (one, other))
    return min(one.start_epoch, other.start_epoch)


def _differences(base: Any, config: Any, prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in config.items():
        path = f"{prefix}{key}"
        if path in (*NAMES, "seed", "schema_version"):
            continue
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            found |= _differences(base[key], value, f"{path}.")
        elif value != base.get(key):
            found[path] = value
    return found
