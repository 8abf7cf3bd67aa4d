"""Datasets that somebody trains on together, remembered so that they can be chosen again.

Kept in ``joined.json`` in the program's folder. A joined dataset is its parts' names with ``+``
between them, which `core.data.datasets.open_dataset` takes like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.config import JOINT
from core.data.datasets import FOLDER, dataset_names
from core.errors import DatasetError
from core.files import read_json, write_json_atomic
from core.paths import home


def joined_names() -> tuple[str, ...]:
    """Return the joined datasets that are remembered. An unreadable list counts as empty."""
    try:
        names = read_json(_path())["joined"]
        return tuple(dict.fromkeys(name for name in names if JOINT in str(name)))
    except (OSError, ValueError, TypeError, KeyError):
        return ()


def choosable_names() -> tuple[str, ...]:
    """Return every dataset that a run can name: single ones, then joined ones."""
    return (*dataset_names(), *joined_names())


def remember_join(parts: Sequence[str]) -> str:
    """Remember datasets as one, the one that validates first; return the name they have then.

    Raises `DatasetError` for fewer than two datasets, for one that is named twice, and for one
    that there is not.
    """
    if len(parts) < 2:
        raise DatasetError("Choose at least two datasets to join.")
    known = [name for name in dataset_names() if name != FOLDER]
    for part in parts:
        if part not in known:
            raise DatasetError(f"There is no dataset named '{part}'; choose others to join.")
        if parts.count(part) > 1:
            raise DatasetError(f"The dataset '{part}' is joined to itself; name it once.")
    name = JOINT.join(parts)
    _write([*(other for other in joined_names() if other != name), name])
    return name


def forget_join(name: str) -> None:
    """Forget a joined dataset; its parts stay as they are."""
    _write([other for other in joined_names() if other != name])


def _path() -> Path:
    return home() / "joined.json"


def _write(names: Sequence[str]) -> None:
    try:
        write_json_atomic(_path(), {"joined": list(names)})
    except OSError as error:
        raise DatasetError(
            f"{_path()} cannot be written ({error.strerror}); check the folder's access rights."
        ) from error
