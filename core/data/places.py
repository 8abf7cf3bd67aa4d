"""Where datasets lie on this machine, and a person's own ones by name.

Kept in ``datasets.json`` in the program's folder, for the window and the command line alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.data.mapping import ColumnMapping
from core.errors import DatasetError
from core.files import read_json, write_json_atomic
from core.paths import home

_FILE = "datasets.json"
_NAME = re.compile(r"[\w.-]{1,60}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the dataset `name` lies.

    `own` says that it is a person's own folder; `mapping` is how its tables are read, None to
    guess anew each time.
    """

    name: str
    root: Path
    own: bool = False
    mapping: ColumnMapping | None = None


def places() -> tuple[Place, ...]:
    """All places that are remembered, by name. An unreadable list counts as empty."""
    try:
        record = read_json(_path())
        return tuple(_read(name, values) for name, values in sorted(record.items()))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, DatasetError):
        return ()


def find_place(name: str) -> Place | None:
    """Return where a dataset lies, or None where nobody has said."""
    return next((place for place in places() if place.name == name), None)


def remember_place(name: str, root: Path) -> Place:
    """Remember the folder of a known dataset."""
    place = Place(name, root.expanduser().absolute())
    _write([other for other in places() if other.name != name] + [place])
    return place


def remember_own(name: str, root: Path, mapping: ColumnMapping | None = None) -> Place:
    """Remember a person's own folder as a dataset.

    Raises `DatasetError` for a name that another dataset has, or that is none.
    """
    from core.data.datasets import is_known

    if not _NAME.fullmatch(name):
        raise DatasetError(
            f"'{name}' is not a name for a dataset; use up to 60 letters, digits, '-', '_' and '.'."
        )
    if is_known(name):
        raise DatasetError(f"There is a dataset named '{name}' already; choose another name.")
    place = Place(name, root.expanduser().absolute(), own=True, mapping=mapping)
    _write([other for other in places() if other.name != name] + [place])
    return place


def forget_place(name: str) -> None:
    """Forget where a dataset lies; its files stay as they are."""
    _write([place for place in places() if place.name != name])


def _path() -> Path:
    return home() / _FILE


def _read(name: str, values: Any) -> Place:
    mapping = values.get("mapping")
    return Place(
        name=name,
        # What lies in the program's own folder moves with it.
        root=home() / Path(values["root"]),
        own=bool(values.get("own", False)),
        mapping=None if mapping is None else ColumnMapping.from_record(mapping),
    )


def _kept(root: Path) -> str:
    return str(root.relative_to(home()) if root.is_relative_to(home()) else root)


def _write(every: list[Place]) -> None:
    record = {
        place.name: {
            "root": _kept(place.root),
            "own": place.own,
            "mapping": None if place.mapping is None else place.mapping.to_record(),
        }
        for place in sorted(every, key=lambda place: place.name)
    }
    try:
        write_json_atomic(_path(), record)
    except OSError as error:
        raise DatasetError(
            f"{_path()} cannot be written ({error.strerror}); check the folder's access rights."
        ) from error
