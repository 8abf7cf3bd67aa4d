"""What a long batch keeps of each file: words and figures, nothing that is large."""

from __future__ import annotations

import dataclasses
import gc
import json
import sys
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import memory
from core.batch import BatchRow, ItemEnded, caption_batch
from core.batch import engine as batch_engine
from core.captions import Beam, Caption, Tag, TokenScore
from core.config import DecodingConfig
from core.memory import give_back_memory
from tests.core.batch.test_engine import RATE, caption_of, write

__all__ = ["write"]


class Attentive:
    """Captions with attention, and knows which of it is still somewhere."""

    sample_rate = RATE

    def __init__(self) -> None:
        self.alive: list[weakref.ref[Any]] = []
        self.sizes: list[int] = []

    def caption_waveforms(
        self, waveforms: Sequence[np.ndarray], sample_rate: int, decoding: DecodingConfig | None
    ) -> list[Caption]:
        self.sizes.append(len(waveforms))
        attention = [np.zeros((3, 40), np.float32) for _ in waveforms]
        self.alive += [weakref.ref(one) for one in (*attention, *waveforms)]
        return [
            dataclasses.replace(caption_of("a dog"), attention=one, layer_attention=one[None])
            for one in attention
        ]


def test_neither_sound_nor_attention_outlives_its_file(write: Callable[[str, int], Path]) -> None:
    files = [write(f"{number}.wav", 400) for number in range(100)]
    captioner = Attentive()
    rows = []
    most = 0
    for event in caption_batch(captioner, files):
        if isinstance(event, ItemEnded) and event.caption is not None:
            rows.append(BatchRow(event.path).captioned(event.caption, event.seconds))
            most = max(most, sum(one() is not None for one in captioner.alive))
    del event
    gc.collect()
    assert len(rows) == 100
    # Those in hand, each with its sound and its attention, and the one that was yielded last.
    assert most <= 2 * (2 * batch_engine.AT_ONCE) + 2
    assert not any(one() is not None for one in captioner.alive)


def test_sizes_that_libraries_prepare_for_are_few(write: Callable[[str, int], Path]) -> None:
    files = [write(f"{number}.wav", 400) for number in range(150)]
    captioner = Attentive()
    assert sum(isinstance(e, ItemEnded) for e in caption_batch(captioner, files)) == 150
    assert set(captioner.sizes) <= {1, 2, 4, 8, 16}


def test_a_finished_row_holds_words_and_figures_alone(tmp_path: Path) -> None:
    word = TokenScore("dog", -0.1)
    caption = dataclasses.replace(
        caption_of("a dog"),
        tokens=(word,) * 30,
        beams=tuple(Beam("a dog", -0.5, (word,) * 30) for _ in range(5)),
        attention=np.zeros((30, 1000), np.float32),
        layer_attention=np.zeros((6, 30, 1000), np.float32),
        tags=tuple(Tag(f"Sound {number}", 0.1) for number in range(10)),
    )
    row = BatchRow(tmp_path / "a.wav").captioned(caption, 0.1)
    assert len(json.dumps(row.record)) < 2_000
    reached: set[str] = set()
    waiting: list[object] = [row.record, row.message, row.duration, row.seconds, row.stamp]
    while waiting:
        item = waiting.pop()
        reached.add(type(item).__name__)
        waiting += [one for one in gc.get_referents(item) if not isinstance(one, type)]
    assert reached <= {"dict", "list", "tuple", "str", "int", "float", "NoneType"}


@pytest.mark.parametrize("platform", [sys.platform, "win32", "darwin"])
def test_memory_is_given_back_where_the_system_takes_it(
    monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    memory._trim.cache_clear()
    monkeypatch.setattr("sys.platform", platform)
    try:
        give_back_memory()
        assert (memory._trim() is None) is (platform != "linux")
    finally:
        memory._trim.cache_clear()


def test_giving_memory_back_trims_the_heap_once(monkeypatch: pytest.MonkeyPatch) -> None:
    trimmed: list[int] = []
    monkeypatch.setattr(memory, "_trim", lambda: trimmed.append)
    give_back_memory()
    assert trimmed == [0]
