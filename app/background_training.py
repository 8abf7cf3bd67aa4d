"""Training that goes on when the window is closed: the queue, run by a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QProcess

import core
from core import paths

LOG = "queue.log"


def queue_process() -> QProcess:
    """Return the process that would train what waits in the queue, not yet started.

    What it prints goes to the log folder. It finds this program also where that was started from
    a checkout without being installed.
    """
    process = QProcess()
    # Windows would open a terminal for the other one.
    quiet = Path(sys.executable).with_name("pythonw.exe")
    process.setProgram(str(quiet) if quiet.is_file() else sys.executable)
    process.setArguments(["-m", "core.cli", "queue", "run"])
    process.setWorkingDirectory(str(Path(core.__file__).resolve().parents[1]))
    process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
    process.setStandardInputFile(QProcess.nullDevice())
    process.setStandardOutputFile(
        str(paths.logs_dir() / LOG), QProcess.OpenModeFlag.Append | QProcess.OpenModeFlag.Text
    )
    return process


def train_without_window() -> bool:
    """Start training what waits in the queue. Returns whether the process could be started."""
    started, _process_id = queue_process().startDetached()
    return started
