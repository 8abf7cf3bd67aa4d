"""Texts of the help menu."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from core import paths

SHORTCUTS = (
    ("Ctrl+1 to Ctrl+4", "Train, Caption, Compare, Library"),
    ("Ctrl+O", "Open a sound in Caption"),
    ("Ctrl+Shift+O", "Open a run folder in Train"),
    ("Ctrl+Return", "Train: start; Caption: caption the selected files"),
    ("Ctrl+P", "Train: pause or resume"),
    ("Ctrl+.", "Train: stop and keep; with Shift: and move to the bin"),
    ("Ctrl+S", "Train: save a checkpoint now"),
    ("Ctrl+Shift+P, Ctrl+Shift+V", "Train: preview now, validate now"),
    ("Ctrl+D", "Train: duplicate the run with changes"),
    ("Ctrl+Shift+C", "Train: continue the run as CE+CL from its last checkpoint"),
    ("Ctrl+E", "Train: new experiment"),
    ("Ctrl+Shift+Return", "Train: start the queue"),
    ("Alt+Up, Alt+Down, Delete", "Train: move in the queue, take off the queue"),
    ("Ctrl+Shift+A, Ctrl+Shift+F", "Train: attach to a run folder, open the run's folder"),
    ("F2, Ctrl+Delete", "Train: rename the run, move it to the bin"),
    ("Ctrl+Shift+E, Ctrl+Shift+M", "Train: export the run, open its checkpoint in Compare"),
    ("Ctrl+Shift+K", "Train: copy the settings as a command line"),
    ("L, O, M", "Train: logarithmic axis, ignore outliers, mean over seeds"),
    ("Ctrl+Space", "Train: play the preview clip"),
    ("F", "Train: fit the curves; Caption: show the whole sound"),
    ("Space", "Caption: play or pause; Microphone: record or stop"),
    ("L", "Caption: loop the selection or the whole sound"),
    ("+, −", "Caption: zoom in and out, around the playhead"),
    ("Left, Right, Home, End", "Caption: move the playhead; with Shift: select"),
    ("Page Up, Page Down", "Caption: go back and on in the sound"),
    ("Ctrl+V", "Caption: open the copied file or path"),
    ("Ctrl+C", "Caption: copy the caption"),
    ("Escape", "Caption: clear the selection"),
    ("Delete", "Caption: take the selected files off the list or the queue"),
    ("Ctrl+Q", "Quit"),
)


def shortcuts_text() -> str:
    """Return the table of shortcuts as HTML."""
    rows = "".join(
        f"<tr><td style='padding:3px 16px 3px 0'><b>{keys}</b></td>"
        f"<td style='padding:3px 0'>{text}</td></tr>"
        for keys, text in SHORTCUTS
    )
    return f"<table>{rows}</table>"


def about_text() -> str:
    """Return name, purpose, versions and places as HTML."""
    versions = " · ".join(
        f"{label} {_version(package)}"
        for label, package in (
            ("PySide", "PySide6-Essentials"),
            ("torch", "torch"),
            ("pyqtgraph", "pyqtgraph"),
        )
    )
    return (
        f"<h3>AAC Studio {_version('aac-studio')}</h3>"
        "<p>Train, listen to and compare automated audio captioning systems: cross-entropy "
        "against cross-entropy plus contrast.</p>"
        f"<p>Python {platform.python_version()} · {versions}</p>"
        f"<p>Runs, features and presets are in {paths.home()}</p>"
        "<p>MIT licence. Icons: Material Design Icons, Apache 2.0, from qtawesome.</p>"
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
