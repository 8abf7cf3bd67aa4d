"""Every test has a home of its own, no window on a screen, and leaves the machine's cores alone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Before anything imports Qt, numpy or torch.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# The models of the tests are tiny: more threads would spend their time waiting for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")
# Nothing in the tests may depend on what was drawn before.
settings.register_profile("studio", derandomize=True, database=None, deadline=None)
settings.load_profile("studio")


@pytest.fixture(autouse=True)
def home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """An empty user folder; whatever a test makes through `core.paths` lands there.

    It goes with its test: all of them together would take gigabytes of a disk.
    """
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("AAC_STUDIO_HOME", str(folder))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def ffmpeg_of_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """No FFmpeg but that of the package imageio-ffmpeg, whatever the machine has."""
    monkeypatch.setattr("core.audio.ffmpeg_program._on_search_path", lambda: None)
