"""Features of sounds that have not changed, found in earlier stores of the same dataset.

A file more or less makes another split, and with it another store; only what is new in it has to be
extracted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from core.data.feature_store import FeatureStore
from core.data.store_index import StoreIdentity
from core.errors import DatasetError


def find_features(
    folder: Path, identity: StoreIdentity, keys: Mapping[str, str]
) -> dict[str, tuple[FeatureStore, int]]:
    """Return store and position of each clip that another store beside `folder` has.

    Parameters
    ----------
    folder
        The store that is being made.
    identity
        What it is of: another one must be of the same dataset, encoder, weights and number type.
    keys
        What the audio of each clip is known by; without that, nothing is taken.
    """
    found: dict[str, tuple[FeatureStore, int]] = {}
    if not keys or not folder.parent.is_dir():
        return found
    for other in sorted(folder.parent.iterdir()):
        if other == folder or not other.is_dir():
            continue
        try:
            store = FeatureStore.open(other)
        except DatasetError:
            continue
        same = replace(store.identity, split=identity.split, fingerprint=identity.fingerprint)
        if same == identity:
            for position, (clip_id, key) in enumerate(zip(store.clip_ids, store.keys, strict=True)):
                if key and keys.get(clip_id) == key:
                    found[clip_id] = (store, position)
    return found
