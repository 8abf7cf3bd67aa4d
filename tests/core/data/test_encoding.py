"""Clips through an encoder: by several threads or in batches, always in order."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.audio.encoder import Encoding, SharedEncoder
from core.data import encoding, encoding_batches
from core.data.clips import Clip
from core.data.encoding import encoded_clips
from core.errors import StudioError
from tests.core.data.extracting import Averager, Beeps, SharedAverager


def encode_all(dataset: Beeps, encoder: Averager) -> list[str]:
    """Encode a dataset and return the clips in the order in which they come back."""
    ids = []
    for results in encoded_clips(dataset, dataset.clips("train"), encoder):
        for clip, result in results:
            assert isinstance(result, Encoding)
            expected = Averager().encode(torch.from_numpy(dataset.load_audio(clip, 1_000)))
            torch.testing.assert_close(result.frames, expected.frames)
            ids.append(clip.id)
    return ids


@pytest.fixture
def cores(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(encoding, "_cores", lambda: 3)
    return 3


def test_threads_give_the_clips_back_in_order(cores: int) -> None:
    dataset, encoder = Beeps(), SharedAverager()
    assert isinstance(encoder, SharedEncoder) and not isinstance(Averager(), SharedEncoder)
    assert encode_all(dataset, encoder) == [clip.id for clip in dataset.clips("train")]
    # Each of three threads is to have four groups or more.
    assert sorted(encoder.batches) == [2] + [4] * 12
    assert 1 <= len(encoder.threads) <= cores
    assert all(name.startswith("encode") for name in encoder.threads)
    assert not [one for one in threading.enumerate() if one.name.startswith("encode")]


def test_groups_hold_so_many_clips_and_so_many_seconds() -> None:
    def sizes(durations: list[float], threads: int = 1) -> list[int]:
        clips = [Clip(id=str(n), captions=(), duration=d) for n, d in enumerate(durations)]
        groups = list(encoding._groups(clips, threads))
        assert [clip for group in groups for clip in group] == clips
        return [len(group) for group in groups]

    assert sizes([]) == []
    assert sizes([1.0] * 3) == [1, 1, 1]
    assert sizes([1.0] * 100) == [16] * 6 + [4]
    assert sizes([1.0] * 100, threads=5) == [5] * 20
    assert sizes([10.0] * 20) == [3] * 6 + [2]
    assert sizes([40.0, 1.0, 1.0] * 10) == [1, 2] * 10
    # A long clip stands alone, and those of no length behind it too: they cannot be read.
    assert sizes([1.0] * 40 + [61.0, 0.0, *[1.0] * 39]) == [16, 16, 8, 1, 16, 16, 8]


def test_a_bad_clip_in_a_group_spoils_no_other(cores: int) -> None:
    class Odd(Beeps):
        def load_audio(self, clip: Clip, sample_rate: int) -> np.ndarray:
            samples = super().load_audio(clip, sample_rate)
            return samples[:0] if clip.id in {"train-9", "train-40"} else samples

    dataset = Odd()
    dataset.broken = {"train-5", "train-8", *(f"train-{number}" for number in range(20, 24))}
    errors, ids = {}, []
    for results in encoded_clips(dataset, dataset.clips("train"), SharedAverager()):
        for clip, result in results:
            ids.append(clip.id)
            if isinstance(result, Encoding):
                expected = Averager().encode(torch.from_numpy(dataset.load_audio(clip, 1_000)))
                torch.testing.assert_close(result.frames, expected.frames)
            else:
                errors[clip.id] = str(result)
    assert ids == [clip.id for clip in dataset.clips("train")]
    empty = dict.fromkeys(("train-9", "train-40"), "It is empty.")
    assert errors == empty | {name: f"'{name}.wav' is damaged." for name in dataset.broken}


def test_threads_share_the_cores_and_leave_others_alone(
    cores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[int] = []

    class Counting(SharedAverager):
        def encode_batch(self, waveforms: Sequence[torch.Tensor]) -> list[Encoding]:
            used.append(torch.get_num_threads())
            return super().encode_batch(waveforms)

    before = torch.get_num_threads()
    encode_all(Beeps(2), Counting())
    assert used == [cores // 2] * 2
    assert torch.get_num_threads() == before
    later: list[int] = []
    thread = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert later == [before]


class SomeLong(Beeps):
    """Sounds of which some are a hundred times as long as the others."""

    def __init__(self, count: int, *long_ones: int) -> None:
        super().__init__(count)
        self.long_ones = {f"train-{number}" for number in long_ones}

    def clips(self, split: str) -> tuple[Clip, ...]:
        return tuple(
            replace(clip, duration=100.0 if clip.id in self.long_ones else 1.0)
            for clip in super().clips(split)
        )


class Watching(SharedAverager):
    """Knows which thread encoded which number of clips, and what went on beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, int, int]] = []
        self.inside = 0
        self.lock = threading.Lock()

    def encode_batch(self, waveforms: Sequence[torch.Tensor]) -> list[Encoding]:
        with self.lock:
            self.inside += 1
            beside = self.inside - 1
        try:
            return super().encode_batch(waveforms)
        finally:
            with self.lock:
                self.inside -= 1
                self.calls.append((threading.current_thread().name, len(waveforms), beside))


@pytest.mark.parametrize("long_ones", [(0,), (49,), (20, 21, 22), (3, 9, 40), range(1, 48)])
def test_long_clips_get_all_cores_in_their_turn_and_no_other_is_slowed(
    cores: int, monkeypatch: pytest.MonkeyPatch, long_ones: Sequence[int]
) -> None:
    monkeypatch.setattr(encoding, "_LONGEST_TIME", 0.0)
    dataset, encoder = SomeLong(50, *long_ones), Watching()
    assert encode_all(dataset, encoder) == [clip.id for clip in dataset.clips("train")]
    here = threading.current_thread().name
    by_all = [(size, beside) for thread, size, beside in encoder.calls if thread == here]
    # One by one, and nothing else is encoded meanwhile.
    assert by_all == [(1, 0)] * len(long_ones)
    others = sum(size for thread, size, _ in encoder.calls if thread.startswith("encode"))
    assert others == 50 - len(long_ones)


@pytest.mark.parametrize("time_allowed", [0.0, 1e6])
def test_so_much_of_long_clips_is_held_ahead(
    cores: int, monkeypatch: pytest.MonkeyPatch, time_allowed: float
) -> None:
    monkeypatch.setattr(encoding, "_LONGEST_TIME", time_allowed)
    dataset = SomeLong(50, *range(2, 50))
    coming = encoded_clips(dataset, dataset.clips("train"), SharedAverager())
    given = 0
    while given < 3:
        given += len(next(coming))
    coming.close()
    # Of sounds of 100 s, 640 s are held besides those that are given back.
    assert len(dataset.loaded) <= 3 + encoding_batches.AHEAD_SECONDS // 100


def test_a_fast_encoder_leaves_long_clips_to_one_thread(
    cores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "_LONGEST_TIME", 1e6)
    # Those that begin before anything is known of the encoder are 96 short ones.
    dataset, encoder = SomeLong(100, 98), Watching()
    assert encode_all(dataset, encoder) == [clip.id for clip in dataset.clips("train")]
    assert all(thread.startswith("encode") for thread, _, _ in encoder.calls)


def test_the_pace_follows_what_groups_take() -> None:
    pace = encoding._Pace()
    group = [Clip(id=str(n), captions=(), duration=10.0) for n in range(3)]
    pace.took(group, 1.0)
    assert pace.seconds == 60.0
    for _ in range(10):
        pace.took(group, 0.03)
    assert pace.seconds == pytest.approx(500.0)
    pace.took(group, 0.3)
    assert pace.seconds == 60.0


def test_a_long_clip_that_cannot_be_read_spoils_no_other(cores: int) -> None:
    dataset = SomeLong(50, 7, 8)
    dataset.broken = {"train-7"}
    found = [
        (clip.id, str(result) if isinstance(result, StudioError) else "")
        for results in encoded_clips(dataset, dataset.clips("train"), SharedAverager())
        for clip, result in results
    ]
    assert found == [
        (clip.id, "'train-7.wav' is damaged." if clip.id == "train-7" else "")
        for clip in dataset.clips("train")
    ]


@pytest.mark.parametrize("reason", ["not shared", "one core", "one clip", "all are long"])
def test_else_the_encoder_is_given_batches(
    cores: int, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    dataset, encoder = Beeps(1 if reason == "one clip" else 20), SharedAverager()
    if reason == "not shared":
        encoder.concurrent = False
    elif reason == "one core":
        monkeypatch.setattr(encoding, "_cores", lambda: 1)
    elif reason == "all are long":
        monkeypatch.setattr(encoding, "_LONGEST_SECONDS", 0.2)
    assert encode_all(dataset, encoder) == [clip.id for clip in dataset.clips("train")]
    assert sum(encoder.batches) == dataset.count
    assert encoder.threads == {threading.current_thread().name}


@pytest.mark.parametrize("made", [Averager, SharedAverager])
def test_a_stop_waits_for_nothing_but_the_clips_in_hand(cores: int, made: type[Averager]) -> None:
    dataset = Beeps(200)
    coming = encoded_clips(dataset, dataset.clips("train"), made())
    assert next(result for result in coming if result)
    coming.close()
    assert len(dataset.loaded) < 200
    assert not [one for one in threading.enumerate() if one.name.startswith(("decode", "encode"))]


def test_a_defect_of_the_encoder_keeps_its_traceback(cores: int) -> None:
    class Defect(SharedAverager):
        def encode(self, waveform: torch.Tensor) -> Encoding:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        encode_all(Beeps(), Defect())


def test_a_slow_encoder_gets_small_batches() -> None:
    pace = encoding_batches._Pace()
    first = pace.seconds
    pace.took(first, 0.001)
    assert pace.seconds == 2 * first
    for _ in range(10):
        pace.took(160.0, 0.01)
    assert pace.seconds == 160.0
    pace.took(160.0, 16.0)
    assert pace.seconds == 5.0


def test_real_encoders_say_where_threads_may_share_them() -> None:
    from core.models.encoders import load_encoder

    encoder = load_encoder("yamnet-tags")
    assert isinstance(encoder, SharedEncoder) and encoder.concurrent
    waveforms = [
        torch.from_numpy(np.random.default_rng(seed).uniform(-0.3, 0.3, length).astype("float32"))
        for seed, length in enumerate([30_000, 9_000, 60_000, 200] * 4)
    ]

    class Noises(Beeps):
        def load_audio(self, clip: Clip, sample_rate: int) -> np.ndarray:
            return waveforms[int(clip.id.split("-")[1])].numpy()

    noises = Noises(len(waveforms))
    clips = noises.clips("train")
    assert [len(group) for group in encoding._groups(clips, 2)] == [2] * 8
    found = [
        result
        for results in encoding._encoded_in_threads(noises, clips, encoder, 2, 1)
        for _, result in results
    ]
    for result, waveform in zip(found, waveforms, strict=True):
        assert isinstance(result, Encoding)
        alone = encoder.encode(waveform)
        torch.testing.assert_close(result.frames, alone.frames, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(
            result.tag_probabilities, alone.tag_probabilities, atol=1e-5, rtol=1e-5
        )
