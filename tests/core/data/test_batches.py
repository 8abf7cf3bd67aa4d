"""Drawing captions and cutting batches."""

from __future__ import annotations

import torch

from core.data.batches import draw_captions, draw_other_captions


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
