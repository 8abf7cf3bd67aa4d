"""Carrying an optimiser's state over to a run with other loss terms."""

from __future__ import annotations

from typing import Any

from torch import nn
from torch.optim import Optimizer

from core.training.state import TrainingState


def parameter_names(model: nn.Module, heads: nn.Module, optimizer: Optimizer) -> list[str]:
    """Return the names of an optimiser's parameters, in the order of its state's indices."""
    names = {id(weight): f"model.{name}" for name, weight in model.named_parameters()}
    names |= {id(weight): f"objectives.{name}" for name, weight in heads.named_parameters()}
    return [names[id(weight)] for group in optimizer.param_groups for weight in group["params"]]


def fitted_state(state: TrainingState, own: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Return an optimiser's `own` state dict with the moments of another run, matched by name.

    Raises `ValueError` when that run did not store names and has a different number of parameters.
    """
    theirs = state.optimizer["state"]
    if not state.parameters:
        count = sum(len(group["params"]) for group in state.optimizer["param_groups"])
        if count != len(names):
            raise ValueError("the optimiser belongs to other loss terms")
        return {**own, "state": theirs}
    numbers = {name: number for number, name in enumerate(state.parameters)}
    moments = {
        number: theirs[numbers[name]]
        for number, name in enumerate(names)
        if name in numbers and numbers[name] in theirs
    }
    return {**own, "state": moments}
