"""Choosing and naming the device that the work runs on."""

from __future__ import annotations

from dataclasses import dataclass

import psutil
import torch

from core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A device with a name for people and its total memory in bytes (0 where unknown)."""

    name: str
    title: str
    memory: int

    @property
    def label(self) -> str:
        """Title and memory, for people."""
        return f"{self.title}, {self.memory / 2**30:.0f} GB" if self.memory else self.title


def list_devices() -> list[DeviceInfo]:
    """Return the devices of this machine, the fastest kind first."""
    devices = []
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            properties = torch.cuda.get_device_properties(index)
            devices.append(DeviceInfo(f"cuda:{index}", properties.name, properties.total_memory))
    memory = psutil.virtual_memory().total
    if torch.backends.mps.is_available():
        devices.append(DeviceInfo("mps", "Apple GPU", memory))
    devices.append(DeviceInfo("cpu", f"CPU, {torch.get_num_threads()} threads", memory))
    return devices


def choose_device(wanted: str) -> torch.device:
    """Return the device named in a configuration; "auto" takes the first of `list_devices`.

    Raises `ConfigError` when that device is not there.
    """
    present = [device.name for device in list_devices()]
    if wanted == "auto":
        return torch.device(present[0])
    name = "cuda:0" if wanted == "cuda" else wanted
    if name not in present:
        raise ConfigError(
            f"device is '{wanted}' but this machine has only {', '.join(present)}; "
            "choose one of these or auto."
        )
    return torch.device(name)


def memory_in_use(index: int) -> tuple[int, int]:
    """Return the bytes in use, by any process, and the bytes in all of a CUDA device."""
    free, total = torch.cuda.mem_get_info(index)
    return total - free, total
