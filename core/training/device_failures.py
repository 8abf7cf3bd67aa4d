"""Failures of a device during a step, told apart from bugs."""

from __future__ import annotations

import gc

import torch

from core.errors import StudioError

# The CPU's allocator and Apple's raise plain RuntimeErrors.
_OUT_OF_MEMORY = (
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "cannot allocate memory",
)
_LOST = (
    "cuda error",
    "hip error",
    "device-side assert",
    "unspecified launch failure",
    "device lost",
    "gpu is lost",
    "device not ready",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Say whether an error means that the device's memory was too small."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(words in text for words in _OUT_OF_MEMORY)


def is_device_lost(error: BaseException) -> bool:
    """Say whether an error means that the device is lost, so that nothing on it can be read."""
    if is_out_of_memory(error):
        return False
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(words in text for words in _LOST)


def device_lost(error: BaseException, device: torch.device) -> StudioError:
    """Return the error to report for a lost device."""
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return StudioError(
        f"The device {device} no longer responds ({reason}), so the run ended where it was "
        "last saved. Resume it when the device is back."
    )


def free_memory(device: torch.device) -> None:
    """Release memory that is no longer referenced, cached blocks included."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
