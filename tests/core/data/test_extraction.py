"""Extraction into a store: complete, resumable, and never of the wrong thing."""

from __future__ import annotations

import errno
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest
import torch

from core.audio.encoder import AudioEncoder, Encoding
from core.data import extraction, store_writer
from core.data.clips import Clip, Dataset
from core.data.extraction import extract
from core.data.feature_store import FeatureStore, store_path
from core.data.store_lock import try_lock
from core.errors import AudioFileError, DatasetError, EncoderError
from core.events import Event, Progress, Warned


class Beeps:
    """A dataset of 50 short sounds; some may be made unreadable."""

    name = "beeps"
    splits = ("train", "test")

    def __init__(self, count: int = 50) -> None:
        self.count = count
        self.print = "0123456789abcdef"
        self.broken: set[str] = set()
        self.loaded: list[str] = []
        self.gate = threading.Event()
        self.gate.set()

    def clips(self, split: str) -> tuple[Clip, ...]:
        return tuple(
            Clip(id=f"{split}-{number}", captions=("a beep",), duration=0.3 + 0.1 * (number % 7))
            for number in range(self.count)
        )

    def load_audio(self, clip: Clip, sample_rate: int) -> np.ndarray[Any, np.dtype[np.float32]]:
        self.gate.wait(timeout=60)
        self.loaded.append(clip.id)
        if clip.id in self.broken:
            raise AudioFileError(f"'{clip.id}.wav' is damaged.")
        number = int(clip.id.split("-")[1])
        return np.full(round(clip.duration * sample_rate), number / self.count, np.float32)

    def fingerprint(self, split: str) -> str:
        return split[0] + self.print


class Averager:
    """An encoder whose frames are the means of 100 ms of sound, with one tag."""

    name = "averager"
    sample_rate = 1_000
    frame_seconds = 0.1
    dim = 3
    tag_names = ("beep",)
    weights_hash = "fedcba9876543210"

    def __init__(self) -> None:
        self.batches: list[int] = []

    def encode(self, waveform: torch.Tensor) -> Encoding:
        if not len(waveform):
            raise EncoderError("It is empty.")
        means = waveform[: len(waveform) // 100 * 100].reshape(-1, 100).mean(1)
        return Encoding(means[:, None] * torch.tensor([1.0, 2.0, 3.0]), means.mean()[None])

    def encode_batch(self, waveforms: Sequence[torch.Tensor]) -> list[Encoding]:
        self.batches.append(len(waveforms))
        return [self.encode(waveform) for waveform in waveforms]

    def to(self, device: torch.device | str) -> Self:
        return self


@pytest.fixture
def dataset() -> Beeps:
    return Beeps()


@pytest.fixture
def encoder() -> Averager:
    return Averager()


def check_whole(store: FeatureStore, dataset: Beeps, encoder: Averager, atol: float = 1e-6) -> None:
    clips = {clip.id: clip for clip in dataset.clips("train")}
    assert sorted(store.clip_ids) == sorted(set(clips) - set(store.failed))
    for position, clip_id in enumerate(store.clip_ids):
        samples = torch.from_numpy(dataset.load_audio(clips[clip_id], 1_000))
        expected = encoder.encode(samples)
        frames = store.frames(position)
        assert len(frames) == store.lengths[position] == len(expected.frames)
        np.testing.assert_allclose(frames, expected.frames, atol=atol)
        np.testing.assert_allclose(store.tags[position], expected.tag_probabilities, atol=1e-6)


def start(dataset: Dataset, encoder: AudioEncoder, dtype: Any = "float32") -> Iterator[Event]:
    return extract(dataset, "train", encoder, store_path(dataset, "train", encoder, dtype), dtype)


def opened(dataset: Dataset, encoder: AudioEncoder, dtype: Any = "float32") -> FeatureStore:
    return FeatureStore.open(store_path(dataset, "train", encoder, dtype))


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
    assert max(encoder.batches) > 1
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


def stop_half_way(dataset: Beeps, encoder: Averager) -> int:
    """Stop after the second batch and return how many clips it had then."""
    events = start(dataset, encoder)
    for event in events:
        if isinstance(event, Progress) and event.done >= 20:
            events.close()  # type: ignore[attr-defined]
            return event.done
    raise AssertionError("it never got there")


def test_goes_on_where_it_was_stopped(dataset: Beeps, encoder: Averager) -> None:
    done = stop_half_way(dataset, encoder)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("decode")]
    with pytest.raises(DatasetError, match="not complete"):
        opened(dataset, encoder)
    dataset.loaded.clear()
    events = [event for event in start(dataset, encoder) if isinstance(event, Progress)]
    assert events[0].done == done
    assert sorted(dataset.loaded) == sorted(clip.id for clip in dataset.clips("train")[done:])
    check_whole(opened(dataset, encoder), dataset, encoder)


def test_what_a_crash_left_behind_the_index_is_cut_off(dataset: Beeps, encoder: Averager) -> None:
    stop_half_way(dataset, encoder)
    folder = store_path(dataset, "train", encoder)
    for name in ("frames.npy", "tags.npy"):
        with (folder / name).open("ab") as stream:
            stream.write(b"torn" * 1_001)
    list(start(dataset, encoder))
    check_whole(opened(dataset, encoder), dataset, encoder)


def test_a_stop_before_the_first_batch_is_harmless(dataset: Beeps, encoder: Averager) -> None:
    events = start(dataset, encoder)
    next(events)
    events.close()  # type: ignore[attr-defined]
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
    assert "no number" in warnings[1].message
    assert len(opened(Odd(), encoder)) == 48


def test_a_defect_of_the_dataset_keeps_its_traceback(encoder: Averager) -> None:
    class Defect(Beeps):
        def load_audio(self, clip: Clip, sample_rate: int) -> Any:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(start(Defect(), encoder))


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
        f"The features in {folder} were damaged and are extracted anew."
    ]
    check_whole(opened(dataset, encoder), dataset, encoder)


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
        assert "waiting for it" in waiting.message
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


def test_a_slow_encoder_gets_small_batches() -> None:
    pace = extraction._Pace()
    first = pace.seconds
    pace.took(first, 0.001)
    assert pace.seconds == 2 * first
    for _ in range(10):
        pace.took(160.0, 0.01)
    assert pace.seconds == 160.0
    pace.took(160.0, 16.0)
    assert pace.seconds == 5.0
