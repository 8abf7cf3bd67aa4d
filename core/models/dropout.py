"""Dropout whose masks are quick to draw on the CPU.

torch draws one double per element and compares it, on one core: with dropout wherever the DCASE
2024 baseline has it, that is a sixth of a training step. Here one draw of 64 bits decides on four
elements, so that the probability is a multiple of 1/65536; kept elements are divided by exactly the
resulting keep probability. All bits come from torch's own generator, in a fixed order.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_STEPS = 1 << 16


class Dropout(nn.Dropout):
    """`torch.nn.Dropout` with quick masks on the CPU, and unchanged elsewhere."""

    def forward(self, values: Tensor) -> Tensor:
        """Zero a random share of `values` (...) and scale the rest, when training."""
        return dropout(values, self.p) if self.training else values

    def mask(self, values: Tensor) -> Tensor:
        """Draw the factors that `forward` would multiply `values` (...) by; when training only."""
        if values.device.type == "cpu":
            return keep_mask(values.shape, self.p, values.dtype)
        return functional.dropout(torch.ones_like(values), self.p)


def dropout(values: Tensor, probability: float) -> Tensor:
    """Zero each element with `probability` and scale the rest so that the expectation is kept."""
    if probability == 0:
        return values
    if values.device.type != "cpu":
        return functional.dropout(values, probability)
    return values * keep_mask(values.shape, probability, values.dtype)


def keep_mask(shape: torch.Size, probability: float, dtype: torch.dtype) -> Tensor:
    """Draw a mask on the CPU: 0 with `probability`, else 1 / (1 - `probability`)."""
    count = shape.numel()
    bits = torch.empty((count + 3) // 4, dtype=torch.int64).random_(-(2**63), None)
    draws = bits.view(torch.int16)[:count].view(shape)
    dropped = min(_STEPS - 1, max(1, round(probability * _STEPS)))
    mask = torch.empty(shape, dtype=dtype)
    torch.ge(draws, dropped - _STEPS // 2, out=mask)
    return mask.mul_(_STEPS / (_STEPS - dropped))
