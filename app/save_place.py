"""Where a file is saved: the place that the user chose, with the ending of what is written."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

# In bytes, below what every file system takes.
_LONGEST = 200
# Signs that some system's file names cannot hold, and names that Windows keeps for devices.
_IMPOSSIBLE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)


def file_name(title: str, ending: str) -> str:
    """Return the name to propose for a file of something with a title, such as "CE.zip".

    What file names cannot hold on some system becomes a hyphen; a title of nothing else is
    replaced.
    """
    name = _IMPOSSIBLE.sub("-", " ".join(title.split()))
    name = name.encode()[:_LONGEST].decode(errors="ignore").strip(" .-")
    if not name or _DEVICES.fullmatch(name):
        name = f"untitled {name}".rstrip()
    return f"{name}{ending}"


def ask_where_to_save(parent: QWidget, title: str, start: Path, kind: str) -> Path | None:
    """Ask where to save, beginning at `start`; None where the user does not want to.

    A name without an ending gets the one of `start`. The dialog has asked about the shorter name
    only, so that a file of the longer one is asked about here.
    """
    chosen, _ = QFileDialog.getSaveFileName(parent, title, str(start), kind)
    if not chosen:
        return None
    path = Path(chosen)
    if path.suffix:
        return path
    path = path.with_name(path.name + start.suffix)
    if not path.exists():
        return path
    answer = QMessageBox.question(parent, title, f"{path.name} already exists. Replace it?")
    return path if answer == QMessageBox.StandardButton.Yes else None


def ask_in_last_folder(
    settings: QSettings, key: str, parent: QWidget, title: str, name: str, kind: str
) -> Path | None:
    """Ask where to save, beginning in the folder of last time, which `settings` keep at `key`."""
    folder = Path(str(settings.value(key, str(Path.home()))))
    path = ask_where_to_save(parent, title, folder / name, kind)
    if path is not None:
        settings.setValue(key, str(path.parent))
    return path
