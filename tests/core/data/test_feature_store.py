"""Reading feature stores, and the lock of their folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.data import feature_store
from core.data.feature_store import FeatureStore
from core.data.features import Features, JoinedFeatures
from core.data.store_index import StoreIdentity
from core.data.store_lock import holder, try_lock
from core.data.store_writer import StoreWriter
from core.errors import DatasetError

IDENTITY = StoreIdentity("set", "train", "f" * 64, "encoder", "e" * 64, 4, 2, "float32")


def write(folder: Path, clips: int = 3) -> list[np.ndarray[tuple[int, int], np.dtype[np.float32]]]:
    writer = StoreWriter(folder, IDENTITY)
    arrays = [np.full((n + 1, 4), n, np.float32) for n in range(clips)]
    for number, array in enumerate(arrays):
        writer.append(f"clip {number}", array, np.full(2, number / 10, np.float32))
    writer.finish()
    writer.close()
    return arrays


def test_gives_back_what_was_written(tmp_path: Path) -> None:
    arrays = write(tmp_path)
    store = FeatureStore.open(tmp_path)
    assert len(store) == 3
    assert store.identity == IDENTITY
    assert store.clip_ids == ("clip 0", "clip 1", "clip 2")
    assert store.lengths.tolist() == [1, 2, 3]
    for position, array in enumerate(arrays):
        np.testing.assert_array_equal(store.frames(position), array)
    np.testing.assert_allclose(store.tags[:, 0], [0, 0.1, 0.2], atol=1e-7)


def test_frames_are_mapped_not_read(tmp_path: Path) -> None:
    write(tmp_path)
    frames = FeatureStore.open(tmp_path).frames(1)
    assert isinstance(frames, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        frames[0, 0] = 1


def test_the_arrays_are_ordinary_npy_files(tmp_path: Path) -> None:
    arrays = write(tmp_path, clips=40)
    np.testing.assert_array_equal(np.load(tmp_path / "frames.npy"), np.concatenate(arrays))


@pytest.mark.parametrize("mapped", [False, True])
def test_a_batch_is_padded_with_zeros(
    tmp_path: Path, mapped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feature_store, "_READS_AT", not mapped and feature_store._READS_AT)
    arrays = write(tmp_path)
    store = FeatureStore.open(tmp_path)
    order = [2, 0, 2, 1]
    expected = np.zeros((4, 3, 4), np.float32)
    for row, position in enumerate(order):
        expected[row, : len(arrays[position])] = arrays[position]
    frames, lengths = store.read_batch(order)
    np.testing.assert_array_equal(frames, expected)
    assert lengths.tolist() == [3, 1, 3, 2] and frames.dtype == np.float32
    room = np.full((6, 5, 4), np.nan, np.float32)
    frames, _ = store.read_batch(np.array(order), room)
    assert np.shares_memory(frames, room)
    np.testing.assert_array_equal(frames, expected)
    assert np.isnan(room[4:]).all() and np.isnan(room[:, 3:]).all()
    half, _ = store.read_batch(order, np.empty((4, 3, 4), np.float16))
    np.testing.assert_array_equal(half, expected)
    with pytest.raises(ValueError, match="no room"):
        store.read_batch(order, np.empty((4, 2, 4), np.float32))


def test_joined_stores_read_as_one(tmp_path: Path) -> None:
    arrays = [*write(tmp_path / "a"), *write(tmp_path / "b", clips=2)]
    joined = JoinedFeatures(
        [(name, FeatureStore.open(tmp_path / name)) for name in ("a", "b")],
    )
    assert isinstance(joined, Features) and isinstance(joined.parts[0], Features)
    assert joined.clip_ids == ("a/clip 0", "a/clip 1", "a/clip 2", "b/clip 0", "b/clip 1")
    for position, array in enumerate(arrays):
        np.testing.assert_array_equal(joined.frames(position), array)
    frames, lengths = joined.read_batch([4, 1, 3, 2])
    assert lengths.tolist() == [2, 2, 1, 3]
    for row, position in enumerate([4, 1, 3, 2]):
        np.testing.assert_array_equal(frames[row, : lengths[row]], arrays[position])
        assert not frames[row, lengths[row] :].any()
    with pytest.raises(IndexError):
        joined.frames(5)


def test_positions_outside(tmp_path: Path) -> None:
    write(tmp_path)
    store = FeatureStore.open(tmp_path)
    for position in (-1, 3):
        with pytest.raises(IndexError):
            store.frames(position)


def test_no_store(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"There are no features in .*; extract them first"):
        FeatureStore.open(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "change", [{"format": 99}, {"lengths": "no"}, {"identity": {}}, {"failed": [1]}]
)
def test_a_damaged_index(tmp_path: Path, change: dict[str, object]) -> None:
    write(tmp_path)
    index = json.loads((tmp_path / "index.json").read_text())
    (tmp_path / "index.json").write_text(json.dumps({**index, **change}))
    with pytest.raises(DatasetError, match="damaged"):
        FeatureStore.open(tmp_path)


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    with try_lock(tmp_path) as first, try_lock(tmp_path) as second:
        assert (first, second) == (True, False)
        assert holder(tmp_path) == str(os.getpid())
    with try_lock(tmp_path) as again:
        assert again


def test_a_writer_that_was_killed_frees_the_folder(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom core.data.store_lock import try_lock\n"
        "with try_lock(Path(sys.argv[1])) as held:\n"
        "    print(held, flush=True)\n    sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        with try_lock(tmp_path) as held:
            assert not held
        assert holder(tmp_path) == str(process.pid)
        process.kill()
    with try_lock(tmp_path) as held:
        assert held
