"""An optimiser's moments in a run with other loss terms."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core.errors import CheckpointError
from core.events import StepLogged
from core.runs import RunFolder, create_run
from core.training.prepare import Prepared
from core.training.state import load_state, save_state
from core.training.trainer import Trainer
from tests.core.training.conftest import tiny_config
from tests.core.training.test_trainer import CPU, trainer

HEAD = "objectives.caption-ntxent.head.2.weight"


def with_head(width: int, epochs: int = 2) -> dict[str, object]:
    terms = [{"name": "caption-ntxent", "projection_dim": width}]
    return {"objectives": terms, "training": {"epochs": epochs}}


@pytest.fixture
def trunk(folder: RunFolder, data: Prepared) -> RunFolder:
    """A finished run of two epochs, whose objective has a head of width 4."""
    list(trainer(tiny_config(**with_head(4)), folder, data).run())
    return folder


def branched(trunk: RunFolder, data: Prepared, path: Path, **settings: object) -> Trainer:
    config = tiny_config(**settings)
    return Trainer(config, create_run(config, path), data, CPU, branch=trunk.state)


def test_a_branch_takes_over_the_moments_of_the_parameters_it_has(
    trunk: RunFolder, data: Prepared, tmp_path: Path
) -> None:
    state = load_state(trunk.state)
    made = branched(trunk, data, tmp_path / "branch", training={"epochs": 3})
    names = made.keeper._state(made.position).parameters
    assert not any(name.startswith("objectives.") for name in names)
    for number, name in enumerate(names):
        theirs = state.optimizer["state"][state.parameters.index(name)]
        own = made.optimizer.state_dict()["state"][number]
        torch.testing.assert_close(own["exp_avg"], theirs["exp_avg"])
        torch.testing.assert_close(own["exp_avg_sq"], theirs["exp_avg_sq"])


def test_a_head_of_another_width_begins_anew(
    trunk: RunFolder, data: Prepared, tmp_path: Path
) -> None:
    """The fused update would write beyond moments that are too small."""
    made = branched(trunk, data, tmp_path / "branch", **with_head(8, epochs=3))
    names = list(made.keeper._state(made.position).parameters)
    moments = made.optimizer.state_dict()["state"]
    assert names.index(HEAD) not in moments
    assert names.index("objectives.caption-ntxent.head.0.weight") in moments
    losses = [event.losses["total"] for event in made.run() if isinstance(event, StepLogged)]
    assert losses and all(torch.tensor(losses).isfinite())


@pytest.mark.parametrize("settings", [{"training": {"epochs": 3}}, with_head(8, epochs=3)])
def test_a_state_without_names_is_taken_by_the_same_parameters_alone(
    trunk: RunFolder, data: Prepared, tmp_path: Path, settings: dict[str, object]
) -> None:
    save_state(trunk.state, replace(load_state(trunk.state), parameters=()))
    with pytest.raises(CheckpointError, match="does not fit"):
        branched(trunk, data, tmp_path / "other", **settings)
    same = branched(trunk, data, tmp_path / "same", **with_head(4, epochs=3))
    assert (
        same.optimizer.state_dict()["state"].keys()
        == load_state(trunk.state).optimizer["state"].keys()
    )
