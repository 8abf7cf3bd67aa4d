"""Carrying an optimiser's state over to a run with other loss terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn
from torch.optim import Optimizer

from core.training.state import TrainingState


def optimized_parameters(
    model: nn.Module, heads: nn.Module, optimizer: Optimizer
) -> dict[str, nn.Parameter]:
    """Return an optimiser's parameters by name, in the order of its state's indices."""
    names = {id(weight): f"model.{name}" for name, weight in model.named_parameters()}
    names |= {id(weight): f"objectives.{name}" for name, weight in heads.named_parameters()}
    return {
        names[id(weight)]: weight for group in optimizer.param_groups for weight in group["params"]
    }


def fitted_state(
    state: TrainingState, own: dict[str, Any], parameters: Mapping[str, nn.Parameter]
) -> dict[str, Any]:
    """Return an optimiser's `own` state dict with the moments of another run, matched by name.

    A parameter that the other run had not, or had in another shape, begins without moments: the
    fused update reads and writes them without a check of their size.

    Parameters
    ----------
    state
        The other run's.
    own
        What the optimiser's `state_dict` returns.
    parameters
        `optimized_parameters` of this run.

    Raises
    ------
    ValueError
        That run did not store names, and its parameters are not those of this one.
    """
    theirs = state.optimizer["state"]
    if not state.parameters:
        count = sum(len(group["params"]) for group in state.optimizer["param_groups"])
        fits = (
            _fits(theirs[number], weight)
            for number, weight in enumerate(parameters.values())
            if number in theirs
        )
        if count != len(parameters) or not all(fits):
            raise ValueError("the optimiser belongs to other loss terms")
        return {**own, "state": theirs}
    numbers = {name: number for number, name in enumerate(state.parameters)}
    moments = {}
    for number, (name, weight) in enumerate(parameters.items()):
        found = theirs.get(numbers.get(name))
        if found is not None and _fits(found, weight):
            moments[number] = found
    return {**own, "state": moments}


def _fits(moments: Mapping[str, Any], weight: nn.Parameter) -> bool:
    """Say whether the moments of a parameter (AdamW's `exp_avg` and its square) have its shape."""
    return all(moments[name].shape == weight.shape for name in ("exp_avg", "exp_avg_sq"))
