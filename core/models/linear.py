"""A linear layer that takes the fastest exact float32 matrix product that the processor has.

On x86 processors that are not Intel's, torch hands float32 products to MKL, which there keeps to
AVX2; oneDNN, which torch ships as well, uses AVX-512 and is about twice as fast. Both compute the
same sums in float32. The choice depends on the machine and on shapes alone, never on a timing, so
that a resumed run computes what a run without a stop would have computed.
"""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

# Below this many rows a product is bound by memory, and the choice does not matter.
FEWEST_ROWS = 128
# Without gradients, products are of a multiple of so many rows.
ROWS_STEP = 32


class Linear(nn.Linear):
    """`torch.nn.Linear`, with the same weights and, to rounding, the same results."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Map (..., in_features) to (..., out_features)."""
        return linear(inputs, self.weight, self.bias)


def linear(inputs: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Return inputs (..., in) @ weight (out, in) transposed + bias (out,)."""
    if not _suits_onednn(inputs, weight):
        return functional.linear(inputs, weight, bias)
    rows = inputs.reshape(-1, weight.shape[1])
    if torch.is_grad_enabled():
        result: Tensor = _OneDnnLinear.apply(rows, weight, bias)
    else:
        result = _of_few_sizes(rows, weight, bias)
    return result.view(*inputs.shape[:-1], len(weight))


def _of_few_sizes(rows: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Return rows (n, in) @ weight.T + bias, computed with a few more rows where n is odd.

    A search has any number of rows, and another one after each word. oneDNN compiles a product for
    each number and keeps it: over a thousand sounds that was more memory than the model takes.
    """
    count = len(rows)
    more = -count % ROWS_STEP
    if not more:
        return _product(rows, weight, bias)
    return _product(functional.pad(rows, (0, 0, 0, more)), weight, bias)[:count]


def _suits_onednn(inputs: Tensor, weight: Tensor) -> bool:
    return (
        inputs.device.type == "cpu"
        and inputs.dtype == weight.dtype == torch.float32
        and inputs.numel() >= FEWEST_ROWS * weight.shape[1]
        and not torch.is_autocast_enabled("cpu")
        and bool(torch.backends.mkldnn.enabled)
        and ONEDNN_IS_FASTER
    )


def _onednn_is_faster() -> bool:
    """Say whether oneDNN multiplies float32 matrices faster here than what torch would take."""
    return (
        torch.backends.mkldnn.is_available()
        and torch.backends.mkl.is_available()
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
        and torch.backends.cpu.get_cpu_capability().startswith("AVX512")
        and _processor_vendor() == "AuthenticAMD"
    )


def _processor_vendor() -> str:
    """Return the name that the processor gives its maker, or "" where it cannot be read."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        # Windows and macOS put the maker at the end of the processor's description.
        return platform.processor().rpartition(" ")[2]
    return next((line.split(":")[1].strip() for line in lines if line.startswith("vendor_id")), "")


ONEDNN_IS_FASTER = _onednn_is_faster()


def _product(left: Tensor, right: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return left @ right.T + bias, by oneDNN."""
    result: Tensor = torch.ops.mkldnn._linear_pointwise(left, right, bias, "none", [], "")
    return result


class _OneDnnLinear(torch.autograd.Function):
    """inputs @ weight.T + bias for (rows, in), (out, in) and (out,)."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(inputs, weight)
        return _product(inputs, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        inputs, weight = ctx.saved_tensors
        gradient = gradient.contiguous()
        for_inputs, for_weight, for_bias = ctx.needs_input_grad
        input_gradient = _product(gradient, weight.t()) if for_inputs else None
        weight_gradient = None
        if for_weight:
            # oneDNN is faster with the longer side on the right.
            if weight.shape[0] >= weight.shape[1]:
                weight_gradient = _product(inputs.t(), gradient.t()).t()
            else:
                weight_gradient = _product(gradient.t(), inputs.t())
        return input_gradient, weight_gradient, gradient.sum(0) if for_bias else None
