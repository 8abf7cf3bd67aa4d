"""AdamW with the DCASE 2024 baseline's parameter groups, and its learning rate schedule.

(``optim/utils.py``, ``optim/schedulers.py``; its weight decay of 2.0 is decoupled and no typo.)
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from core.config import OptimizerConfig


def parameter_groups(
    named_parameters: Iterable[tuple[str, nn.Parameter]], weight_decay: float
) -> list[dict[str, Any]]:
    """Return two groups: 1-D parameters and biases without decay, then everything else."""
    kept: list[nn.Parameter] = []
    decayed: list[nn.Parameter] = []
    for name, parameter in named_parameters:
        if parameter.requires_grad:
            exempt = parameter.ndim == 1 or name.endswith(".bias")
            (kept if exempt else decayed).append(parameter)
    return [
        {"params": kept, "weight_decay": 0.0},
        {"params": decayed, "weight_decay": weight_decay},
    ]


def build_optimizer(
    config: OptimizerConfig, model: nn.Module, heads: nn.Module | None = None
) -> torch.optim.AdamW:
    """Make the optimiser of a run, with its peak learning rate.

    `heads` are the objectives' own layers. They form a group without decay: a decay tuned for the
    decoder would drive a small new head to zero.
    """
    groups = parameter_groups(model.named_parameters(), config.weight_decay)
    own = [] if heads is None else [weight for weight in heads.parameters() if weight.requires_grad]
    if own:
        groups.append({"params": own, "weight_decay": 0.0})
    kinds = {parameter.device.type for group in groups for parameter in group["params"]}
    return torch.optim.AdamW(
        groups,
        lr=config.learning_rate,
        betas=(config.beta1, config.beta2),
        eps=config.epsilon,
        weight_decay=config.weight_decay,
        fused=kinds <= {"cpu", "cuda"},
    )


def learning_rate_at(config: OptimizerConfig, epoch: int, epochs: int) -> float:
    """Return the learning rate of an epoch (from 0) of a run of `epochs`.

    It is constant within an epoch and has no warm-up. The cosine would reach zero one epoch after
    the last: lr/2 · (1 + cos(π · epoch / epochs)).
    """
    if config.schedule == "constant":
        return config.learning_rate
    turned = min(epoch, epochs - 1) / epochs
    return config.learning_rate * (0.5 * (1.0 + math.cos(math.pi * turned)))
