"""Frames on the disk give the batches that frames in memory give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.data import residency
from core.data.batches import CaptionedClips, load_clips
from core.data.clips import Clip
from core.data.residency import StreamedFrames, fits
from core.data.tokenizer import Tokenizer

CPU = torch.device("cpu")


class Stored:
    """Features in memory that count how often they are read."""

    failed: Mapping[str, str] = {}
    dim = 3

    def __init__(self, dtype: str = "float32") -> None:
        self.dtype = np.dtype(dtype)
        draws = np.random.default_rng(0)
        self.lengths = np.array([4, 1, 6, 3, 2], dtype=np.int64)
        self._frames = [draws.normal(size=(n, 3)).astype(dtype) for n in self.lengths]
        self.clip_ids = tuple("edcba")
        self.reads: list[list[int]] = []

    def __len__(self) -> int:
        return len(self.clip_ids)

    def frames(self, position: int) -> NDArray[Any]:
        return self._frames[position]

    def read_batch(
        self, positions: Sequence[int] | NDArray[np.int64], out: NDArray[Any] | None = None
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        rows = np.asarray(positions)
        self.reads.append(rows.tolist())
        lengths = self.lengths[rows]
        if out is None:
            out = np.empty((len(rows), int(lengths.max()), 3), self.dtype)
        out[:] = 0
        for target, row, length in zip(out, rows, lengths, strict=True):
            target[:length] = self._frames[row]
        return out, lengths


def loaded(store: Stored, share: float) -> CaptionedClips:
    clips = [Clip(name, (f"a dog {name}",), 1.0) for name in "abcde"]
    tokenizer = Tokenizer.fit(["a dog a b c d e"])
    return load_clips(clips, store, tokenizer, CPU, resident_share=share)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_streamed_batches_are_the_resident_ones(dtype: str) -> None:
    resident, streamed = loaded(Stored(dtype), 1.0), loaded(Stored(dtype), 0.0)
    assert resident.streamed is None
    assert streamed.streamed is not None
    assert streamed.frames.shape == (0, 6, 3)
    batches = [torch.tensor(rows) for rows in ([3, 0], [1], [4, 2, 0])]
    streamed.expect(batches)
    for clips in [*batches, torch.tensor([2, 3])]:
        first = torch.zeros_like(clips)
        one, other = resident.batch(clips, first), streamed.batch(clips, first)
        assert one.frames.dtype == other.frames.dtype == torch.float32
        assert torch.equal(one.frames, other.frames)
        assert torch.equal(one.frame_lengths, other.frame_lengths)
        assert torch.equal(one.tokens, other.tokens)


def test_batches_are_read_once_and_ahead_of_their_use() -> None:
    store = Stored()
    frames = StreamedFrames(store, np.arange(5), CPU)
    batches = [torch.tensor([number]) for number in (4, 2, 0, 1)]
    frames.expect(batches)
    frames.take(batches[0])
    frames.expect(batches[2:])
    for clips in batches[2:]:
        frames.take(clips)
    assert store.reads[0] == [4]
    assert store.reads[-2:] == [[0], [1]]
    # Work that was promised and not asked for is dropped; at most it was under way.
    assert len(store.reads) <= 5
    frames.take(torch.tensor([3, 3]))
    assert store.reads[-1] == [3, 3]


def test_free_memory_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(residency, "free_bytes", lambda _: 1000)
    assert fits(10, 5, Stored(), CPU, 0.6)
    assert not fits(10, 5, Stored(), CPU, 0.5)
    assert fits(10, 5, Stored("float16"), CPU, 0.5)
