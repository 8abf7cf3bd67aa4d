"""Datasets by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from core.config import JOINT, folder_list, part_roots
from core.data.clips import Dataset
from core.data.places import find_place, places
from core.errors import DatasetError
from core.wording import choice_text

# The dataset that is whatever folder one gives.
FOLDER = "folder"
# Those that come with the program.
BUILT_IN = frozenset({"starter-scenes", "starter-simulated", "starter-mixed"})


def _starter_scenes(root: Path | None) -> Dataset:
    from core.data.starter import StarterScenes

    return StarterScenes(root=root)


def _clotho(root: Path | None) -> Dataset:
    from core.data.clotho import Clotho

    return Clotho(root)


def _audiocaps(root: Path | None, version: str = "v1") -> Dataset:
    from core.data.audiocaps import AudioCaps

    return AudioCaps(root, version)


def _macs(root: Path | None) -> Dataset:
    from core.data.macs import Macs

    return Macs(root)


def _wavcaps(root: Path | None, without: tuple[str, ...] = ()) -> Dataset:
    from core.data.wavcaps import WavCaps

    return WavCaps(root, without)


def _simulated(_root: Path | None) -> Dataset:
    from core.data.simulated import SimulatedStarter

    return SimulatedStarter(real=False)


def _mixed(_root: Path | None) -> Dataset:
    from core.data.simulated import SimulatedStarter

    return SimulatedStarter(real=True)


def _folder(root: Path | None) -> Dataset:
    from core.data.own import OwnFolder

    return OwnFolder(root)


_OPENERS: dict[str, Callable[[Path | None], Dataset]] = {
    "starter-scenes": _starter_scenes,
    "starter-simulated": _simulated,
    "starter-mixed": _mixed,
    "clotho": _clotho,
    "audiocaps": _audiocaps,
    "audiocaps-v2": partial(_audiocaps, version="v2"),
    "macs": _macs,
    "wavcaps": _wavcaps,
    "wavcaps-no-clotho": partial(_wavcaps, without=("clotho",)),
    "wavcaps-no-clotho-audiocaps": partial(_wavcaps, without=("clotho", "audiocaps")),
    FOLDER: _folder,
}


def dataset_names() -> tuple[str, ...]:
    """Names that `open_dataset` knows, a person's own ones last."""
    own = (place.name for place in places() if place.own and place.name not in _OPENERS)
    return (*_OPENERS, *own)


def is_known(name: str) -> bool:
    """Whether a name is that of a dataset that the program itself knows."""
    return name in _OPENERS


def open_dataset(name: str, root: Path | str | None = None) -> Dataset:
    """Open a dataset, or several joined.

    Parameters
    ----------
    name
        One of `dataset_names`, or several with ``+`` between them (`core.data.joined_dataset`).
    root
        Folder that holds the dataset's files; None for the one that is remembered
        (`core.data.places`), else its default place. For several, either one folder or
        ``clotho=/data/clotho; macs=/data/macs`` (`core.config.part_roots`); parts not named there
        are looked for as if there were no root. One folder is that of ``folder``, if this is a
        part, else of all published parts; built-in and remembered own ones keep their places.

    Raises
    ------
    DatasetError
        For an unknown name, or where the dataset's files are missing or damaged.
    """
    names = [part.strip() for part in name.split(JOINT)]
    roots = _roots(names, str(root) if root else "")
    opened = []
    for part in names:
        try:
            opened.append(_open(part, roots[part]))
        except DatasetError as error:
            if sum(place == roots[part] for place in roots.values() if place) < 2:
                raise
            raise DatasetError(f"{error} If they lie apart, write {folder_list(names)}.") from error
    if len(opened) == 1:
        return opened[0]
    from core.data.joined_dataset import Joined

    return Joined(opened)


def _roots(names: Sequence[str], root: str) -> dict[str, str]:
    """Return where each part is to be looked for, empty for its known place."""
    roots = part_roots(names, root)
    if not root or len(names) == 1 or any(place != root for place in roots.values()):
        return roots
    if "=" in root and not Path(root).expanduser().exists():
        raise DatasetError(f"There is no folder '{root}'; write {folder_list(names)}.")
    if FOLDER in names:
        takers = {FOLDER}
    else:
        takers = {name for name in names if name in _OPENERS and name not in BUILT_IN}
    if not takers:
        raise DatasetError(
            f"The folder {root} cannot be told to be that of {' or '.join(names)}; write "
            f"{folder_list(names)}, and leave out what is to stay where it is."
        )
    return {name: root if name in takers else "" for name in names}


def _open(name: str, root: str) -> Dataset:
    given = Path(root).expanduser() if root else None
    place = find_place(name)
    if name in _OPENERS:
        # The versions of a dataset lie together.
        place = place or find_place(name.partition("-")[0])
        return _OPENERS[name](given or (place.root if place else None))
    if place is not None and place.own:
        from core.data.own import OwnFolder

        return OwnFolder(given or place.root, place.mapping, name)
    known = sorted(dataset_names())
    raise DatasetError(f"There is no dataset named '{name}'{choice_text(name, known)}")
