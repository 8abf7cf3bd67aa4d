"""The features of a dataset: what is stored of each split by each encoder, and what could be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.config import JOINT
from core.data.clips import audio_fingerprint, present_splits
from core.data.datasets import open_dataset
from core.data.store_index import DamagedStoreError, StoreIndex
from core.data.store_list import StoreInfo, list_stores
from core.errors import StudioError
from core.models.encoders import available_encoders

_STATES = {"complete": "ready", "partial": "not finished", "damaged": "damaged"}


@dataclass(frozen=True)
class FeatureRecord:
    """The features of one split by one encoder; `store` None where there are none yet.

    `stale` says that the sounds have changed since. `failed` has a sentence for each sound that
    had to be left out.
    """

    dataset: str
    split: str
    encoder: str
    dtype: str = "float32"
    store: StoreInfo | None = None
    stale: bool = False
    failed: tuple[tuple[str, str], ...] = ()

    @property
    def state(self) -> str:
        """How its state is said."""
        if self.store is None:
            return "not extracted"
        if self.stale:
            return "of earlier sounds"
        return _STATES[self.store.state]

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from the others."""
        where = str(self.store.path) if self.store is not None else ""
        return self.dataset, self.split, self.encoder, self.dtype, where


def load_features(name: str) -> list[FeatureRecord]:
    """Return what is stored and what could be extracted; for worker threads."""
    stores = list_stores()
    encoders = [info.name for info in available_encoders() if info.installed]
    records: list[FeatureRecord] = []
    for part in name.split(JOINT):
        try:
            dataset = open_dataset(part)
            splits = present_splits(dataset)
        except StudioError:
            dataset, splits = None, ()
        own = [store for store in stores if store.identity and store.identity.dataset == part]
        fingerprints: dict[str, str] = {}
        for store in own:
            split = store.identity.split if store.identity else ""
            if dataset is not None and split in splits and split not in fingerprints:
                fingerprints[split] = audio_fingerprint(dataset, split)
        records += [_stored(store, fingerprints) for store in own]
        there = {(one.split, one.encoder) for one in records if one.dataset == part}
        records += [
            FeatureRecord(part, split, encoder)
            for encoder in encoders
            for split in splits
            if (split, encoder) not in there
        ]
    records.sort(key=lambda one: (one.store is None, one.dataset))
    return records


def all_features() -> list[FeatureRecord]:
    """Return every feature store on this machine, damaged ones too; for worker threads."""
    return [_stored(store, {}) for store in list_stores()]


def features_loader(name: str) -> Callable[[], list[FeatureRecord]]:
    """Return what loads the records of a dataset, or of all of them for ""."""
    return (lambda: load_features(name)) if name else all_features


def _stored(store: StoreInfo, fingerprints: dict[str, str]) -> FeatureRecord:
    identity = store.identity
    if identity is None:
        return FeatureRecord(store.path.name, "", "", "", store)
    known = fingerprints.get(identity.split, identity.fingerprint)
    return FeatureRecord(
        identity.dataset,
        identity.split,
        identity.encoder,
        identity.dtype,
        store,
        known != identity.fingerprint,
        _failed(store.path) if store.failed else (),
    )


def _failed(path: Path) -> tuple[tuple[str, str], ...]:
    try:
        index = StoreIndex.read(path)
    except DamagedStoreError:
        return ()
    return tuple(index.failed.items()) if index is not None else ()
