"""What the machine is and how much of it is in use; nothing here needs torch."""

from __future__ import annotations

import importlib
import os
import platform
import re
from functools import lru_cache
from pathlib import Path

import psutil


@lru_cache(maxsize=1)
def processor_name() -> str:
    """Return the processor's name without trademarks and clock rate."""
    name = ""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        for line in text.splitlines():
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    except OSError:
        name = platform.processor()
    name = re.sub(r"\((R|TM|C)\)|CPU|Processor|@.*|\d+-Core", "", name)
    return re.sub(r"\s+", " ", name).strip() or platform.machine()


def processor_count() -> int:
    """Return the number of logical processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def fastest_device() -> str:
    """Name the graphics card that work goes to, "" without one. The engine must be loaded."""
    from core.device import list_devices

    first = list_devices()[0]
    return "" if first.name == "cpu" else f"{first.title} · {size_text(first.memory)}"


def memory_in_use() -> tuple[int, int]:
    """Return the bytes this process holds and the bytes the machine has."""
    return psutil.Process().memory_info().rss, psutil.virtual_memory().total


def folder_size(folder: Path) -> int:
    """Return the bytes of all files below a folder; files that vanish meanwhile count nothing."""
    total = 0
    for root, _, files in os.walk(folder):
        for name in files:
            try:
                total += (Path(root) / name).stat().st_size
            except OSError:
                continue
    return total


def size_text(count: float) -> str:
    """Write a number of bytes as people do: "1.4 GB"."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit in ("B", "KB") else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def device_load(device: str) -> str:
    """Say how busy a device is and how much of its memory is in use. For worker threads."""
    if device.startswith("cuda"):
        return _card_load(int(device.partition(":")[2] or 0))
    memory = psutil.virtual_memory()
    # The share since the last call, of all processors together.
    busy = psutil.cpu_percent(interval=None)
    used = memory.total - memory.available
    return f"CPU {busy:.0f} % · {size_text(used)} of {size_text(memory.total)}"


def _card_load(index: int) -> str:
    from core.device import memory_in_use as card_memory

    used, total = card_memory(index)
    text = f"{size_text(used)} of {size_text(total)}"
    try:
        # Only where the driver's library for Python is installed: its load is all that is missing.
        nvml = importlib.import_module("pynvml")
        nvml.nvmlInit()
        rates = nvml.nvmlDeviceGetUtilizationRates(nvml.nvmlDeviceGetHandleByIndex(index))
    except Exception:
        return f"GPU memory {text}"
    return f"GPU {rates.gpu} % · {text}"
