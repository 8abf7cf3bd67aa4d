"""Sound and video files in formats that libsndfile does not write, made by the real FFmpeg.

It is that of the package imageio-ffmpeg: others may be of any age and lack any codec.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import soundfile

from core.audio.ffmpeg_program import _in_package

Test = TypeVar("Test", bound=Callable[..., None])

PROGRAM = _in_package()
# For a module's `pytestmark`, and for a single test: skipped without the package, and no other
# FFmpeg is found.
NEEDS_FFMPEG = [
    pytest.mark.skipif(PROGRAM is None, reason="the package imageio-ffmpeg is not installed"),
    pytest.mark.usefixtures("ffmpeg_of_the_package"),
]
# Without noise substitution, which sounds otherwise each time that a decoder starts elsewhere.
AAC = ("-c:a", "aac", "-b:a", "160k", "-aac_pns", "0")


def needs_ffmpeg(test: Test) -> Test:
    """Mark a single test as `NEEDS_FFMPEG` marks a module."""
    for mark in NEEDS_FFMPEG:
        test = mark(test)
    return test


def picture(seconds: float) -> tuple[str, ...]:
    """Return the options of a further input: a moving picture of 64 x 64 pixels."""
    return ("-f", "lavfi", "-t", f"{seconds:g}", "-i", "testsrc=size=64x64:rate=10")


def run(*arguments: str | Path) -> None:
    """Run FFmpeg; its messages are shown where it fails."""
    assert PROGRAM is not None
    command = [PROGRAM, "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def encode(source: Path, target: Path, *options: str, before: tuple[str, ...] = ()) -> Path:
    """Write the sound of a file anew in the format that `options` say; return `target`."""
    run(*before, "-i", f"file:{source}", *options, f"file:{target}")
    return target


def sweep(seconds: float, rate: int = 44_100, channels: int = 2) -> np.ndarray[Any, Any]:
    """Return samples (n, channels) that resemble themselves nowhere else: a rising tone in hiss."""
    time = np.arange(round(seconds * rate)) / rate
    highest = min(6000, rate / 4)
    phase = 2 * np.pi * (100 * time + (highest - 100) / (2 * seconds) * time**2)
    hiss = np.random.default_rng(1).normal(0, 0.02, (len(time), channels))
    gains = np.linspace(0.5, 0.25, channels)
    return (np.sin(phase)[:, None] * gains + hiss).clip(-1, 1).astype(np.float32)


def write_wave(path: Path, samples: np.ndarray[Any, Any], rate: int = 44_100) -> Path:
    """Write 16-bit samples (n, channels)."""
    soundfile.write(path, samples, rate, subtype="PCM_16")
    return path
