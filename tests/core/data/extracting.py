"""A dataset and encoders that extraction can be watched with."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
import torch

from core.audio.encoder import AudioEncoder, Encoding
from core.data.clips import Clip, Dataset
from core.data.extraction import extract
from core.data.feature_store import FeatureStore
from core.data.store_index import store_path
from core.errors import AudioFileError, EncoderError
from core.events import Event, Progress


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


class SharedAverager(Averager):
    """The same for several threads at once; tells which of them it was called from."""

    concurrent = True

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[str] = set()

    def encode(self, waveform: torch.Tensor) -> Encoding:
        self.threads.add(threading.current_thread().name)
        return super().encode(waveform)


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


def stop_half_way(dataset: Beeps, encoder: Averager) -> int:
    """Stop after the second batch and return how many clips it had then."""
    events = start(dataset, encoder)
    for event in events:
        if isinstance(event, Progress) and event.done >= 20:
            events.close()  # type: ignore[attr-defined]
            return event.done
    raise AssertionError("it never got there")
