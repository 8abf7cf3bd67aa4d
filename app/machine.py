"""What the machine is and how much of it is in use; nothing here needs torch."""

from __future__ import annotations

import importlib
import os
import platform
import re
import threading
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
    used = memory.total - memory.available
    text = f"{size_text(used)} of {size_text(memory.total)}"
    busy = _processors.busy_share()
    return text if busy is None else f"CPU {100 * busy:.0f} % · {text}"


class Processors:
    """How busy all processors were since the last question, whichever thread asks.

    psutil's own share begins at nought in every thread anew.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: tuple[float, float] | None = None

    def busy_share(self) -> float | None:
        """Return the share of 1 since the last call; None for the first, or at once after it."""
        times = psutil.cpu_times()
        idle = times.idle + getattr(times, "iowait", 0.0)
        # What guests take is told within user and nice once more.
        guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
        total = sum(times) - guests
        with self._lock:
            last, self._last = self._last, (idle, total)
        if last is None or total <= last[1]:
            return None
        return min(1.0, max(0.0, 1.0 - (idle - last[0]) / (total - last[1])))


_processors = Processors()


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
