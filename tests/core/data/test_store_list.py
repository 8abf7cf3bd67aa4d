"""What the list of feature stores says, and what may be removed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.data.store_index import StoreIdentity
from core.data.store_list import list_stores, remove_store
from core.data.store_lock import try_lock
from core.data.store_writer import StoreWriter
from core.errors import DatasetError
from core.paths import features_dir


def write(name: str, split: str, *, complete: bool = True) -> Path:
    identity = StoreIdentity("set", split, "f", "encoder", "w", 4, 1, "float32")
    writer = StoreWriter(features_dir() / name, identity)
    writer.append("a", np.zeros((2, 4), np.float32), np.zeros(1, np.float32))
    writer.fail("b", "It is damaged.")
    if complete:
        writer.finish()
    writer.close()
    return features_dir() / name


def test_every_store_is_listed_with_its_state() -> None:
    write("one", "train")
    write("two", "test", complete=False)
    damaged = write("three", "train")
    (damaged / "index.json").write_text("{")
    (features_dir() / "empty").mkdir()
    (features_dir() / "notes.txt").write_text("not a store")
    stores = list_stores()
    assert [(one.path.name, one.state, one.clips, one.failed) for one in stores] == [
        ("two", "partial", 1, 1),
        ("one", "complete", 1, 1),
        ("three", "damaged", 0, 0),
    ]
    assert stores[1].size == sum(file.stat().st_size for file in stores[1].path.iterdir())


def test_a_store_is_removed_whole_unless_it_is_being_written(tmp_path: Path) -> None:
    path = write("one", "train")
    with try_lock(path), pytest.raises(DatasetError, match="is being extracted"):
        remove_store(path)
    remove_store(path)
    assert not path.exists() and list_stores() == ()
    with pytest.raises(DatasetError, match="not in the folder of features"):
        remove_store(tmp_path)
