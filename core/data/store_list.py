"""The feature stores on this machine: what they hold, how large they are, and removing them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.data.disk_errors import disk_errors
from core.data.store_index import DamagedStoreError, StoreIdentity, StoreIndex
from core.data.store_lock import try_lock
from core.errors import DatasetError
from core.paths import features_dir

StoreState = Literal["complete", "partial", "damaged"]


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """A feature store.

    `identity` is None for a damaged one. `clips` and `failed` are how many clips are stored and
    left out; `size` in bytes, `modified` in seconds since 1970.
    """

    path: Path
    state: StoreState
    identity: StoreIdentity | None
    clips: int
    failed: int
    size: int
    modified: float


def list_stores() -> tuple[StoreInfo, ...]:
    """Return all feature stores, by dataset, split and encoder, damaged ones last."""
    found = [info for path in features_dir().iterdir() if (info := _info(path)) is not None]

    def order(info: StoreInfo) -> tuple[bool, str, str, str, str]:
        one = info.identity
        names = (one.dataset, one.split, one.encoder) if one else ("", "", "")
        return (one is None, *names, info.path.name)

    return tuple(sorted(found, key=order))


def remove_store(path: Path) -> None:
    """Delete a feature store; it can be extracted again.

    Raises `DatasetError` where somebody is writing it or the disk refuses.
    """
    if path.parent != features_dir():
        raise DatasetError(f"{path} is not in the folder of features, {features_dir()}.")
    with try_lock(path) as held:
        if not held:
            raise DatasetError(
                f"{path.name} is being extracted; stop the extraction before deleting it."
            )
    with disk_errors(path):
        shutil.rmtree(path)


def _info(path: Path) -> StoreInfo | None:
    if not path.is_dir():
        return None
    try:
        index = StoreIndex.read(path)
        damaged = False
    except DamagedStoreError:
        index, damaged = None, True
    files = [file.stat() for file in path.iterdir() if file.is_file()]
    if not files:
        return None
    state: StoreState = "complete" if index is not None and index.complete else "partial"
    return StoreInfo(
        path=path,
        state="damaged" if damaged else state,
        identity=index.identity if index else None,
        clips=len(index.clip_ids) if index else 0,
        failed=len(index.failed) if index else 0,
        size=sum(about.st_size for about in files),
        modified=max(about.st_mtime for about in files),
    )
