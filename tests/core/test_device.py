"""Devices by name, with their memory."""

from __future__ import annotations

import pytest
import torch

from core.device import DeviceInfo, choose_device, list_devices
from core.errors import ConfigError


def test_every_device_is_named_with_its_memory() -> None:
    devices = list_devices()
    assert devices[-1].name == "cpu"
    assert devices[-1].label.startswith(f"CPU, {torch.get_num_threads()} threads, ")
    assert all(device.label.endswith(" GB") for device in devices)
    assert DeviceInfo("cuda:0", "A GPU", 24 * 2**30).label == "A GPU, 24 GB"
    assert DeviceInfo("cuda:0", "A GPU", 0).label == "A GPU"


def test_a_device_that_is_not_there_is_one_sentence() -> None:
    assert choose_device("cpu") == torch.device("cpu")
    with pytest.raises(ConfigError, match="cuda:7"):
        choose_device("cuda:7")
