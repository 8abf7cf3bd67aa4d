"""Where the user keeps datasets that do not come with the program."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings

from core.config import JOINT
from core.data.places import find_place


def dataset_root(settings: QSettings, name: str) -> Path | None:
    """Return the folder of a dataset, or None for its default place and for joined ones.

    The window and the command line share what `core.data.places` remembers; a folder that an
    earlier version of the window kept in its settings still counts.
    """
    if JOINT in name:
        return None
    place = find_place(name) or find_place(name.partition("-")[0])
    if place is not None:
        return place.root
    folder = str(settings.value(f"datasets/{name}/root", "") or "")
    return Path(folder) if folder else None
