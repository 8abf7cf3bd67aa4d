"""Drawing captions and cutting batches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from core.data.batches import draw_captions, draw_other_captions, load_clips
from core.data.clips import Clip
from core.data.feature_store import FeatureStore
from core.data.store_index import StoreIdentity
from core.data.store_writer import StoreWriter
from core.data.tokenizer import Tokenizer
from core.errors import DatasetError


def test_every_caption_is_drawn_equally_often() -> None:
    counts = torch.full((30_000,), 5)
    drawn = draw_captions(counts, torch.Generator().manual_seed(1)).bincount(minlength=5)
    assert drawn.min() > 5_700
    assert drawn.max() < 6_300


def test_the_other_caption_is_another_one_where_there_is_one() -> None:
    generator = torch.Generator().manual_seed(2)
    counts = torch.randint(1, 6, (5_000,), generator=generator)
    first = draw_captions(counts, generator)
    second = draw_other_captions(counts, first, generator)
    assert ((first != second) == (counts > 1)).all()
    assert (second < counts).all()
    five = second[(counts == 5) & (first == 2)].bincount(minlength=5)
    assert five[2] == 0
    assert five[[0, 1, 3, 4]].min() > 30


def test_clips_without_captions_are_loaded_where_they_are_wanted(tmp_path: Path) -> None:
    identity = StoreIdentity("set", "test", "f", "encoder", "e", 4, 2, "float16")
    writer = StoreWriter(tmp_path, identity)
    for number in range(3):
        frames = np.full((number + 1, 4), number + 1, np.float32)
        writer.append(str(number), frames, np.zeros(2, np.float32))
    writer.finish()
    writer.close()
    clips = [Clip("2", (), 1.0), Clip("0", (), 1.0), Clip("gone", (), 1.0)]
    store, tokenizer, device = (
        FeatureStore.open(tmp_path),
        Tokenizer.fit(["a"]),
        torch.device("cpu"),
    )
    loaded = load_clips(clips, store, tokenizer, device, captionless=True)
    assert loaded.ids == ("2", "0") and loaded.references == ((), ())
    assert loaded.frames[:, :, 0].tolist() == [[3, 3, 3], [1, 0, 0]]
    assert loaded.frame_lengths.tolist() == [3, 1] and loaded.caption_counts.tolist() == [0, 0]
    with pytest.raises(DatasetError, match="both readable audio and a caption"):
        load_clips(clips, store, tokenizer, device)
