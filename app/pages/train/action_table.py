"""The names, shortcuts and icons of everything that can be done on the Train page."""

from __future__ import annotations

from typing import NamedTuple


class ActionText(NamedTuple):
    """What is read of an action, and the keys that trigger it."""

    text: str
    keys: str
    tip: str
    icon: str


ACTIONS = {
    "start": ActionText("Start", "Ctrl+Return", "Start this run", "play"),
    "toggle": ActionText("Pause or resume", "Ctrl+P", "Stand still, or go on", "pause"),
    "pause": ActionText("Pause", "", "Stand still until resumed", "pause"),
    "resume": ActionText("Resume", "", "Go on from where the run stands", "play"),
    "stop": ActionText("Stop and keep", "Ctrl+.", "Save a checkpoint and stop", "stop"),
    "discard": ActionText(
        "Stop and move to the bin", "Ctrl+Shift+.", "Stop and throw the run away", "delete-outline"
    ),
    "save": ActionText("Save now", "Ctrl+S", "Write a checkpoint now", "content-save-outline"),
    "preview": ActionText(
        "Preview now", "Ctrl+Shift+P", "Caption the preview clips now", "text-box-outline"
    ),
    "validate": ActionText(
        "Validate now",
        "Ctrl+Shift+V",
        "Validate now instead of at the next epoch",
        "check-decagram-outline",
    ),
    "contrast": ActionText(
        "Continue as CE+CL",
        "Ctrl+Shift+C",
        "Begin a run with contrast at this run's last checkpoint",
        "call-split",
    ),
    "duplicate": ActionText(
        "Duplicate with changes",
        "Ctrl+D",
        "Fill the settings on the left with those of this run",
        "content-copy",
    ),
    "compare": ActionText(
        "Open its checkpoint in Compare",
        "Ctrl+Shift+M",
        "Put its best checkpoint beside others",
        "compare-horizontal",
    ),
    "folder": ActionText(
        "Open folder", "Ctrl+Shift+F", "Show the run's files", "folder-open-outline"
    ),
    "rename": ActionText("Rename...", "F2", "Give the run another title", "pencil-outline"),
    "export": ActionText(
        "Export as one file...",
        "Ctrl+Shift+E",
        "Put the run folder into one archive",
        "archive-arrow-down-outline",
    ),
    "delete": ActionText("Move to the bin", "Ctrl+Delete", "Throw the run away", "delete-outline"),
    "attach": ActionText(
        "Attach to a run folder...",
        "Ctrl+Shift+A",
        "Show a run that another process or machine writes",
        "link-variant",
    ),
    "experiment": ActionText(
        "New experiment...",
        "Ctrl+E",
        "Compare several ways of training over several seeds",
        "flask-outline",
    ),
    "queue": ActionText(
        "Start the queue", "Ctrl+Shift+Return", "Train what waits", "playlist-play"
    ),
    "command": ActionText(
        "Copy as command line",
        "Ctrl+Shift+K",
        "Copy the command that starts this run in a terminal",
        "console",
    ),
}
