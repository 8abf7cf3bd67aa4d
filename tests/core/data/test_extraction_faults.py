"""Bad clips, damaged stores and full disks: one sentence each, and nothing is lost."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.data import encoding, store_writer
from core.data.clips import Clip
from core.data.extraction import extract
from core.data.store_index import store_path
from core.errors import DatasetError
from core.events import Warned
from tests.core.data.extracting import (
    Averager,
    Beeps,
    SharedAverager,
    check_whole,
    opened,
    start,
    stop_half_way,
)


@pytest.fixture
def dataset() -> Beeps:
    return Beeps()


@pytest.fixture(params=[Averager, SharedAverager])
def encoder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Averager:
    """An encoder for one thread, and one for three."""
    monkeypatch.setattr(encoding, "_cores", lambda: 3)
    made: Averager = request.param()
    return made


def test_what_a_crash_left_behind_the_index_is_cut_off(dataset: Beeps, encoder: Averager) -> None:
    stop_half_way(dataset, encoder)
    folder = store_path(dataset, "train", encoder)
    for name in ("frames.npy", "tags.npy"):
        with (folder / name).open("ab") as stream:
            stream.write(b"torn" * 1_001)
    list(start(dataset, encoder))
    check_whole(opened(dataset, encoder), dataset, encoder)


def test_broken_clips_are_left_out_and_tried_again(dataset: Beeps, encoder: Averager) -> None:
    dataset.broken = {"train-7", "train-30"}
    warnings = [event for event in start(dataset, encoder) if isinstance(event, Warned)]
    assert [warning.message for warning in warnings] == [
        "Clip 'train-7' is left out: 'train-7.wav' is damaged.",
        "Clip 'train-30' is left out: 'train-30.wav' is damaged.",
    ]
    store = opened(dataset, encoder)
    assert len(store) == 48
    assert set(store.failed) == dataset.broken
    check_whole(store, dataset, encoder)

    dataset.broken = {"train-30"}
    dataset.loaded.clear()
    events = list(start(dataset, encoder))
    assert sorted(dataset.loaded) == ["train-30", "train-7"]
    assert sum(isinstance(event, Warned) for event in events) == 1
    store = opened(dataset, encoder)
    assert store.clip_ids[-1] == "train-7"
    assert set(store.failed) == {"train-30"}
    check_whole(store, dataset, encoder)


def test_not_one_usable_clip_is_an_error(dataset: Beeps, encoder: Averager) -> None:
    dataset.broken = {clip.id for clip in dataset.clips("train")}
    with pytest.raises(DatasetError, match=r"Not one clip of the split 'train' is usable: 'train-"):
        list(start(dataset, encoder))


def test_a_split_without_clips_is_an_error(encoder: Averager) -> None:
    with pytest.raises(DatasetError, match="has no clips"):
        list(start(Beeps(0), encoder))


class Odd(Beeps):
    """One clip is empty, one has samples far beyond full scale."""

    def load_audio(self, clip: Clip, sample_rate: int) -> np.ndarray[Any, np.dtype[np.float32]]:
        if clip.id == "train-3":
            return np.zeros(0, np.float32)
        if clip.id == "train-4":
            return np.full(1_000, 3e38, np.float32)
        return super().load_audio(clip, sample_rate)


def test_one_odd_clip_does_not_spoil_its_batch(encoder: Averager) -> None:
    warnings = [event for event in start(Odd(), encoder) if isinstance(event, Warned)]
    assert len(warnings) == 2
    assert "It is empty" in warnings[0].message
    assert "not finite" in warnings[1].message
    assert len(opened(Odd(), encoder)) == 48


def test_a_defect_of_the_dataset_keeps_its_traceback(encoder: Averager) -> None:
    class Defect(Beeps):
        def load_audio(self, clip: Clip, sample_rate: int) -> Any:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(start(Defect(), encoder))


@pytest.mark.parametrize("difference", ["weights", "audio", "dtype"])
def test_features_of_something_else_are_never_taken(
    dataset: Beeps, encoder: Averager, difference: str
) -> None:
    list(start(dataset, encoder))
    folder = store_path(dataset, "train", encoder)
    dtype: Any = "float32"
    if difference == "weights":
        # The same first 8 digits: the folder's name alone does not tell them apart.
        encoder.weights_hash = encoder.weights_hash[:8] + "00000000"
    elif difference == "audio":
        dataset.print = dataset.print[:7] + "other"
    else:
        dtype = "float16"
    with pytest.raises(DatasetError, match="features of another encoder or of other audio"):
        list(extract(dataset, "train", encoder, folder, dtype))


@pytest.mark.parametrize("fault", ["index", "frames cut", "tags gone", "no array"])
def test_a_damaged_store_is_made_anew(dataset: Beeps, encoder: Averager, fault: str) -> None:
    list(start(dataset, encoder))
    folder = store_path(dataset, "train", encoder)
    if fault == "index":
        (folder / "index.json").write_text('{"format": 1, "clip_ids": [')
    elif fault == "frames cut":
        content = (folder / "frames.npy").read_bytes()
        (folder / "frames.npy").write_bytes(content[: len(content) // 2])
    elif fault == "tags gone":
        (folder / "tags.npy").unlink()
    else:
        (folder / "frames.npy").write_bytes(b"")
    with pytest.raises(DatasetError, match="damaged; delete its folder and extract again"):
        opened(dataset, encoder)
    events = list(start(dataset, encoder))
    assert [event.message for event in events if isinstance(event, Warned)] == [
        f"The features in {folder} were damaged and are extracted again."
    ]
    check_whole(opened(dataset, encoder), dataset, encoder)


def test_a_full_disk_is_one_sentence_and_loses_nothing(
    dataset: Beeps, encoder: Averager, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = stop_half_way(dataset, encoder)
    append = store_writer._GrowingArray.append
    with monkeypatch.context() as patch:

        def refuse(array: Any, rows: Any) -> None:
            if array._rows > 200:
                raise OSError(errno.ENOSPC, "No space left on device")
            append(array, rows)

        patch.setattr(store_writer._GrowingArray, "append", refuse)
        with pytest.raises(DatasetError, match=r"The disk of .* is full; free some space"):
            list(start(dataset, encoder))
    dataset.loaded.clear()
    list(start(dataset, encoder))
    assert 0 < len(dataset.loaded) < 50 - done
    check_whole(opened(dataset, encoder), dataset, encoder)


def test_a_disk_that_is_too_small_is_noticed_beforehand(
    dataset: Beeps, encoder: Averager, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(Path.cwd())._replace(free=100)
    monkeypatch.setattr(store_writer.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(DatasetError, match="free some space, or choose float16"):
        list(start(dataset, encoder))
    assert dataset.loaded == []


def test_a_folder_that_cannot_be_made(dataset: Beeps, encoder: Averager, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DatasetError, match="cannot be written"):
        list(extract(dataset, "train", encoder, tmp_path / "file" / "store"))
