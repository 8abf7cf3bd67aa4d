"""Fine-tuning that goes over old clips: which clips an epoch has, and what a batch holds."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from core.data.batches import CaptionedClips
from core.data.rehearsal import RehearsedClips, rehearse
from core.data.simulated import SimulatedStarter
from core.data.simulated.recordings import RecordedClips
from core.data.tokenizer import PAD


def split(name: str, count: int, frames: int, words: int, captions: int) -> CaptionedClips:
    """Make clips of which every frame, token and length is another one."""
    numbers = torch.arange(count)
    lengths = 1 + numbers % frames
    tokens = 4 + torch.arange(count * captions * words).view(count, captions, words)
    return CaptionedClips(
        frames=torch.arange(count * frames * 3).float().view(count, frames, 3),
        frame_lengths=lengths,
        cpu_frame_lengths=lengths,
        tokens=tokens,
        token_lengths=torch.full((count, captions), words),
        caption_counts=torch.full((count,), captions),
        ids=tuple(f"{name}-{number}" for number in range(count)),
        references=tuple((f"{name} {number}",) * captions for number in range(count)),
    )


@pytest.fixture
def joined() -> RehearsedClips:
    return rehearse(split("own", 3, 4, 5, 1), split("old", 36, 6, 3, 2))


def test_few_clips_are_shown_several_times(joined: RehearsedClips) -> None:
    assert joined.times == 2
    assert joined.ids == (*joined.own.ids, *joined.own.ids, *joined.old.ids)
    assert len(joined) == len(joined.references) == len(joined.caption_counts) == 42
    assert joined.caption_counts.tolist() == [1] * 6 + [2] * 36
    many = rehearse(split("own", 20, 2, 2, 1), split("old", 36, 2, 2, 1))
    assert many.times == 1


def test_a_batch_has_the_clips_of_both(joined: RehearsedClips) -> None:
    clips = torch.tensor([40, 1, 6, 4, 0])
    captions = torch.tensor([1, 0, 0, 0, 0])
    batch = joined.batch(clips, captions)
    own = joined.own.batch(torch.tensor([1, 1, 0]), torch.zeros(3, dtype=torch.long))
    old = joined.old.batch(torch.tensor([34, 0]), torch.tensor([1, 0]))
    for rows, part in ((torch.tensor([1, 3, 4]), own), (torch.tensor([0, 2]), old)):
        assert torch.equal(batch.frame_lengths[rows], part.frame_lengths)
        for row, frames, tokens in zip(rows, part.frames, part.tokens, strict=True):
            assert_begins_with(batch.frames[row], frames, 0)
            assert_begins_with(batch.tokens[row], tokens, PAD)


def test_a_clip_shown_again_is_the_same_clip(joined: RehearsedClips) -> None:
    batch = joined.batch(torch.tensor([1, 4, 7]), torch.zeros(3, dtype=torch.long))
    assert batch.clips.tolist() == [1, 1, 7]


def test_a_batch_of_one_kind(joined: RehearsedClips) -> None:
    for clip in (2, 9):
        batch = joined.batch(torch.tensor([clip]), torch.tensor([0]))
        assert batch.frames.shape[1] == batch.frame_lengths[0]


def test_own_clips_are_expected_where_they_are_streamed(
    joined: RehearsedClips, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[list[int]] = []
    monkeypatch.setattr(
        CaptionedClips, "expect", lambda _, batches: told.extend(b.tolist() for b in batches)
    )
    joined.expect([torch.tensor([5, 8, 0]), torch.tensor([30]), torch.tensor([1])])
    assert told == [[2, 0], [1]]


def test_a_third_of_the_old_captions_are_of_real_clips() -> None:
    dataset = SimulatedStarter.rehearsal(30)
    # What people wrote of these sounds takes seconds to look through.
    dataset.__dict__["recorded"] = RecordedClips(0, with_people=False)
    assert len(dataset.shown) == 10 and len(set(dataset.shown)) > 1
    assert 15 <= len(dataset.texts) <= 20


def assert_begins_with(whole: Tensor, part: Tensor, filling: int) -> None:
    assert torch.equal(whole[: len(part)], part)
    assert (whole[len(part) :] == filling).all()
