"""Dropout whose masks are quick to draw on the CPU.

torch draws one double a number and compares it, on one core: with dropout at every place where the
DCASE 2024 baseline has it, that is a sixth of a training step. Here one draw of 64 bits decides on
four numbers, so that the probability is a multiple of 1/65536; kept numbers are scaled by exactly
that probability. All bits come from torch's own generator, in a fixed order.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_STEPS = 1 << 16


class Dropout(nn.Dropout):
    """`torch.nn.Dropout` with quick masks on the CPU; the same module elsewhere."""

    def forward(self, values: Tensor) -> Tensor:
        """Zero a random share of `values` and scale the rest, when training."""
        return dropout(values, self.p) if self.training else values

    def mask(self, values: Tensor) -> Tensor:
        """Draw what `forward` would draw, as factors; meant for training with dropout."""
        if values.device.type == "cpu":
            return keep_mask(values.shape, self.p, values.dtype)
        return functional.dropout(torch.ones_like(values), self.p)


def dropout(values: Tensor, probability: float) -> Tensor:
    """Zero each number with `probability` and scale the rest so that the expectation stays."""
    if probability == 0:
        return values
    if values.device.type != "cpu":
        return functional.dropout(values, probability)
    return values * keep_mask(values.shape, probability, values.dtype)


def keep_mask(shape: torch.Size, probability: float, dtype: torch.dtype) -> Tensor:
    """Draw a mask on the CPU: 0 with `probability`, else the factor that makes up for it."""
    count = shape.numel()
    bits = torch.empty((count + 3) // 4, dtype=torch.int64).random_(-(2**63), None)
    draws = bits.view(torch.int16)[:count].view(shape)
    dropped = min(_STEPS - 1, max(1, round(probability * _STEPS)))
    mask = torch.empty(shape, dtype=dtype)
    torch.ge(draws, dropped - _STEPS // 2, out=mask)
    return mask.mul_(_STEPS / (_STEPS - dropped))
