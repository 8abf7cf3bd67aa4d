"""Where the user keeps datasets that do not come with the program."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings

BUILT_IN = frozenset({"starter-scenes"})


def dataset_root(settings: QSettings, name: str) -> Path | None:
    """Return the folder chosen for a dataset, or None for its default place."""
    folder = str(settings.value(f"datasets/{name}/root", "") or "")
    return Path(folder) if folder else None


def set_dataset_root(settings: QSettings, name: str, folder: Path) -> None:
    """Remember the folder of a dataset."""
    settings.setValue(f"datasets/{name}/root", str(folder))
