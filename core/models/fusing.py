"""Steps between the matrix products of a decoder layer, compiled into one kernel each.

What is random is drawn outside, so that a compiled model draws what an uncompiled one draws, and
computes the same to rounding. Matrix products and attention are left to their own kernels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

LAYER_NORM_EPSILON = 1e-5


@dataclass(frozen=True, slots=True)
class Fused:
    """Compiled steps of a layer.

    Attributes
    ----------
    add_norm
        From states, update, dropout mask, and the norm's weight and bias to normalised states.
    activate
        From hidden features and dropout mask to activated features.
    """

    add_norm: Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]
    activate: Callable[[Tensor, Tensor], Tensor]


def fused(activation: str, device: torch.device, backend: str = "inductor") -> Fused:
    """Compile the steps for a device, and try them.

    Raises whatever the compiler raises where there is none, or where it fails.
    """
    made = Fused(
        torch.compile(_add_norm, dynamic=True, backend=backend),
        torch.compile(_gelu if activation == "gelu" else _relu, dynamic=True, backend=backend),
    )
    for rows in (64, 128):  # The second size is the one that makes sizes free.
        states = torch.ones(rows, 8, device=device, requires_grad=True)
        mask, weight = torch.ones_like(states), torch.ones(8, device=device, requires_grad=True)
        made.activate(made.add_norm(states, states, mask, weight, weight), mask).sum().backward()
    return made


def _add_norm(states: Tensor, update: Tensor, mask: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    added = states + update * mask
    return functional.layer_norm(added, added.shape[-1:], weight, bias, LAYER_NORM_EPSILON)


def _gelu(hidden: Tensor, mask: Tensor) -> Tensor:
    return functional.gelu(hidden) * mask


def _relu(hidden: Tensor, mask: Tensor) -> Tensor:
    return functional.relu(hidden) * mask
