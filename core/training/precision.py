"""The precision of matrix products: float32, TensorFloat-32, or bfloat16.

Weights, optimiser, norms, losses and the residual stream stay in float32 whatever is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch

PrecisionName = Literal["fp32", "tf32", "bf16"]


def usable_precision(wanted: PrecisionName, device: torch.device) -> tuple[PrecisionName, str]:
    """Return the precision to use, and a sentence if the device lacks or emulates `wanted`."""
    if wanted == "tf32" and not _has_tf32(device):
        return "fp32", f"{device} has no TensorFloat-32, so the run computes in float32."
    if wanted == "bf16" and device.type == "cuda" and not _gpu_has_bfloat16(device):
        return "fp32", f"{device} has no bfloat16 arithmetic, so the run computes in float32."
    if wanted == "bf16" and device.type == "cpu" and not _cpu_has_bfloat16():
        return "bf16", "This processor has no bfloat16 instructions; float32 would be faster."
    return wanted, ""


@contextmanager
def arithmetic(precision: PrecisionName, device: torch.device) -> Iterator[None]:
    """Compute matrix products in a precision, and in torch's usual one afterwards."""
    with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
        if device.type != "cuda":
            yield
            return
        before = torch.backends.cuda.matmul.allow_tf32
        torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
        try:
            yield
        finally:
            torch.backends.cuda.matmul.allow_tf32 = before


def _has_tf32(device: torch.device) -> bool:
    return device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)


def _gpu_has_bfloat16(device: torch.device) -> bool:
    return torch.version.hip is not None or torch.cuda.get_device_capability(device) >= (8, 0)


def _cpu_has_bfloat16() -> bool:
    # Only x86 processors report it; Arm's have had it for long.
    checks = [
        getattr(torch.cpu, name, None)
        for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    ]
    known = [check() for check in checks if check is not None]
    return any(known) or not torch.backends.cpu.get_cpu_capability().startswith("AVX")
