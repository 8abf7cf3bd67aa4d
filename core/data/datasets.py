"""Datasets by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from core.data.clips import Dataset
from core.errors import DatasetError


def _starter_scenes(root: Path | None) -> Dataset:
    from core.data.starter import StarterScenes

    return StarterScenes(root=root)


def _clotho(root: Path | None) -> Dataset:
    from core.data.clotho import Clotho

    return Clotho(root)


_OPENERS: dict[str, Callable[[Path | None], Dataset]] = {
    "starter-scenes": _starter_scenes,
    "clotho": _clotho,
}


def dataset_names() -> tuple[str, ...]:
    """Names that `open_dataset` knows."""
    return tuple(_OPENERS)


def open_dataset(name: str, root: Path | None = None) -> Dataset:
    """Open a dataset.

    Parameters
    ----------
    name
        One of `dataset_names`.
    root
        Folder that holds the dataset's files; None for its default place.

    Raises
    ------
    DatasetError
        For an unknown name, or where the dataset's files are missing or damaged.
    """
    try:
        opener = _OPENERS[name]
    except KeyError:
        known = ", ".join(sorted(_OPENERS))
        raise DatasetError(f"There is no dataset named '{name}'; choose one of: {known}.") from None
    return opener(root)
