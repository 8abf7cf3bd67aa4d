"""Extraction into a store: complete, resumable, and never of the wrong thing."""

from __future__ import annotations

import os
import threading
from typing import Any

import numpy as np
import pytest
import torch

from core.audio.encoder import AudioEncoder
from core.data import encoding
from core.data.clips import Clip, Dataset
from core.data.store_index import store_path
from core.data.store_lock import try_lock
from core.errors import DatasetError
from core.events import Progress
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


def test_the_stand_ins_are_what_they_stand_for(dataset: Beeps, encoder: Averager) -> None:
    assert isinstance(dataset, Dataset)
    assert isinstance(encoder, AudioEncoder)


@pytest.mark.parametrize(("dtype", "atol"), [("float32", 1e-6), ("float16", 2e-3)])
def test_extracts_every_clip_in_order(
    dataset: Beeps, encoder: Averager, dtype: str, atol: float
) -> None:
    events = list(start(dataset, encoder, dtype))
    store = opened(dataset, encoder, dtype)
    assert store.clip_ids == tuple(clip.id for clip in dataset.clips("train"))
    assert store.frames(3).dtype == dtype
    assert not store.frames(3).flags.writeable
    check_whole(store, dataset, encoder, atol)
    progress = [event for event in events if isinstance(event, Progress)]
    assert progress == events
    done = [event.done for event in progress]
    assert done == sorted(done)
    assert (done[0], done[-1], progress[-1].total) == (0, 50, 50)


def test_a_complete_store_is_left_alone(dataset: Beeps, encoder: Averager) -> None:
    list(start(dataset, encoder))
    dataset.loaded.clear()
    folder = store_path(dataset, "train", encoder)
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    events = list(start(dataset, encoder))
    assert [(event.done, event.total) for event in events if isinstance(event, Progress)] == [
        (50, 50)
    ]
    assert dataset.loaded == []
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_goes_on_where_it_was_stopped(dataset: Beeps, encoder: Averager) -> None:
    done = stop_half_way(dataset, encoder)
    assert not [
        thread for thread in threading.enumerate() if thread.name.startswith(("decode", "encode"))
    ]
    with pytest.raises(DatasetError, match="not complete"):
        opened(dataset, encoder)
    dataset.loaded.clear()
    events = [event for event in start(dataset, encoder) if isinstance(event, Progress)]
    assert events[0].done == done
    assert sorted(dataset.loaded) == sorted(clip.id for clip in dataset.clips("train")[done:])
    check_whole(opened(dataset, encoder), dataset, encoder)


def test_a_stop_in_the_midst_of_a_group_loses_no_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "_cores", lambda: 2)
    reached, go_on = threading.Event(), threading.Event()

    class Waiting(Beeps):
        def load_audio(self, clip: Clip, sample_rate: int) -> np.ndarray[Any, np.dtype[np.float32]]:
            if clip.id == "train-20":
                reached.set()
                assert go_on.wait(timeout=60)
            return super().load_audio(clip, sample_rate)

    # Groups of six: the third clip of the fourth one waits.
    dataset, encoder = Waiting(), SharedAverager()
    events = start(dataset, encoder)
    assert next(event for event in events if isinstance(event, Progress) and event.done == 18)
    assert reached.wait(timeout=60)
    assert encoder.batches.count(6) >= 3
    go_on.set()
    events.close()  # type: ignore[attr-defined]
    with pytest.raises(DatasetError, match="not complete"):
        opened(dataset, encoder)
    dataset.loaded.clear()
    again = [event for event in start(dataset, encoder) if isinstance(event, Progress)]
    assert again[0].done == 18
    assert sorted(dataset.loaded) == sorted(clip.id for clip in dataset.clips("train")[18:])
    store = opened(dataset, encoder)
    assert store.clip_ids == tuple(clip.id for clip in dataset.clips("train"))
    check_whole(store, dataset, encoder)


def test_a_stop_before_the_first_batch_is_harmless(dataset: Beeps, encoder: Averager) -> None:
    events = start(dataset, encoder)
    next(events)
    events.close()  # type: ignore[attr-defined]
    list(start(dataset, encoder))
    check_whole(opened(dataset, encoder), dataset, encoder)


def test_every_difference_has_its_own_folder(dataset: Beeps, encoder: Averager) -> None:
    paths = {store_path(dataset, "train", encoder), store_path(dataset, "test", encoder)}
    paths.add(store_path(dataset, "train", encoder, "float16"))
    dataset.print = "other"
    paths.add(store_path(dataset, "train", encoder))
    encoder.weights_hash = "other"
    paths.add(store_path(dataset, "train", encoder))
    encoder.name = "other/encoder"
    paths.add(store_path(dataset, "train", encoder))
    assert len(paths) == 6
    assert len({path.parent for path in paths}) == 1


def test_waiting_for_audio_says_so_and_can_be_stopped(dataset: Beeps, encoder: Averager) -> None:
    dataset.gate.clear()
    events = start(dataset, encoder)
    first, second, third = next(events), next(events), next(events)
    assert first == second == third == Progress(phase="Extracting features", done=0, total=50)
    dataset.gate.set()
    events.close()  # type: ignore[attr-defined]
    list(start(dataset, encoder))
    check_whole(opened(dataset, encoder), dataset, encoder)


def test_waits_for_another_writer_and_takes_over(dataset: Beeps, encoder: Averager) -> None:
    folder = store_path(dataset, "train", encoder)
    with try_lock(folder) as held:
        assert held
        events = start(dataset, encoder)
        waiting = next(events)
        assert isinstance(waiting, Progress)
        assert waiting.message == f"waiting for another window or program (process {os.getpid()})"
        assert next(events) == waiting
        assert dataset.loaded == []
    list(events)
    check_whole(opened(dataset, encoder), dataset, encoder)


def test_two_at_once_make_one_store(dataset: Beeps) -> None:
    encoders = [Averager(), Averager()]
    threads = [
        threading.Thread(target=lambda encoder=encoder: list(start(dataset, encoder)))
        for encoder in encoders
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(dataset.loaded) == sorted(clip.id for clip in dataset.clips("train"))
    check_whole(opened(dataset, encoders[0]), dataset, encoders[0])


class Keyed(Beeps):
    """A dataset that knows its clips' audio by a key each."""

    def __init__(self, count: int = 50) -> None:
        super().__init__(count)
        self.keys = {f"train-{number}": f"key {number}" for number in range(60)}

    def clip_keys(self, split: str) -> dict[str, str]:
        return self.keys


def test_only_what_is_new_is_extracted(encoder: Averager) -> None:
    dataset = Keyed()
    list(start(dataset, encoder))
    dataset.loaded.clear()
    dataset.count, dataset.print = 55, "another print"
    dataset.keys["train-7"] = "another file"
    events = list(start(dataset, encoder))
    assert sorted(dataset.loaded) == sorted(f"train-{number}" for number in (7, 50, 51, 52, 53, 54))
    done = [event.done for event in events if isinstance(event, Progress)]
    assert done == sorted(done) and done[-1] == 55
    store = opened(dataset, encoder)
    assert len(store) == 55 and store.keys[store.clip_ids.index("train-7")] == "another file"
    dataset.count = 50  # The samples depend on it; the first 50 were made with it.
    for position, clip_id in enumerate(store.clip_ids):
        if clip_id in {"train-0", "train-33"}:
            clip = next(clip for clip in dataset.clips("train") if clip.id == clip_id)
            expected = encoder.encode(torch.from_numpy(dataset.load_audio(clip, 1_000)))
            np.testing.assert_allclose(store.frames(position), expected.frames, atol=1e-6)


def test_features_of_other_weights_are_never_taken_over(encoder: Averager) -> None:
    dataset = Keyed()
    list(start(dataset, encoder))
    dataset.loaded.clear()
    encoder.weights_hash = "other weights"
    list(start(dataset, encoder))
    assert len(dataset.loaded) == 50
    dataset.loaded.clear()
    list(start(dataset, encoder, "float16"))
    assert len(dataset.loaded) == 50
