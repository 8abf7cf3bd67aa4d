"""Fine-tuning that goes over old captions too, so that the model does not forget them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn.functional import pad

from core.data.batches import Batch, CaptionedClips
from core.data.rehearsal_size import times_shown
from core.data.tokenizer import PAD


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsedClips(CaptionedClips):
    """A training split of one's own, `times` over, followed by `old` clips.

    Without the latter, 50 clips of ten instruments made the starter model forget a quarter of the
    sounds that it knew (rehearsal: Robins, Connection Science 7(2), 1995).
    """

    own: CaptionedClips = field(repr=False)
    old: CaptionedClips = field(repr=False)
    times: int

    def batch(self, clips: Tensor, captions: Tensor) -> Batch:
        """Cut out clips (B,) with caption number captions (B,), of both kinds."""
        shown = self.times * len(self.own)
        parts = []
        for rows, data, index in (
            (clips < shown, self.own, clips % len(self.own)),
            (clips >= shown, self.old, clips - shown),
        ):
            if rows.any():
                parts.append((rows.nonzero()[:, 0], data.batch(index[rows], captions[rows])))
        device = self.tokens.device
        longest = max(part.frames.shape[1] for _, part in parts)
        frames = torch.zeros(len(clips), longest, parts[0][1].frames.shape[2], device=device)
        lengths = torch.zeros(len(clips), dtype=torch.long, device=device)
        for rows, part in parts:
            rows = rows.to(device)
            frames[rows, : part.frames.shape[1]] = part.frames
            lengths[rows] = part.frame_lengths
        # The same clip again is no other clip: contrastive terms must not tell the two apart.
        same = torch.where(clips < shown, clips % len(self.own), clips)
        return Batch(same.to(device), frames, lengths, self.captions(clips, captions))

    def expect(self, batches: Sequence[Tensor]) -> None:
        """Get ready for batches of clips (B,), to be asked for in this order."""
        own = [clips[clips < self.times * len(self.own)] % len(self.own) for clips in batches]
        self.own.expect([clips for clips in own if len(clips)])


def rehearse(own: CaptionedClips, old: CaptionedClips) -> RehearsedClips:
    """Join a training split and old clips, whose captions have tokens of the same vocabulary."""
    times = times_shown(len(own), len(old))
    return RehearsedClips(
        frames=own.frames,
        frame_lengths=own.frame_lengths,
        cpu_frame_lengths=own.cpu_frame_lengths,
        tokens=_one_below_the_other(own.tokens, old.tokens, times, PAD),
        token_lengths=_one_below_the_other(own.token_lengths, old.token_lengths, times, 0),
        caption_counts=torch.cat((own.caption_counts.repeat(times), old.caption_counts)),
        ids=own.ids * times + old.ids,
        references=own.references * times + old.references,
        own=own,
        old=old,
        times=times,
    )


def _one_below_the_other(own: Tensor, old: Tensor, times: int, filling: int) -> Tensor:
    """Return (times x M + N, ...) of (M, ...) and (N, ...), widened to the larger sizes."""
    sizes = [max(pair) for pair in zip(own.shape[1:], old.shape[1:], strict=True)]
    widened = []
    for part in (own, old.to(own.device)):
        more = [
            amount
            for size, has in zip(reversed(sizes), reversed(part.shape[1:]), strict=True)
            for amount in (0, size - has)
        ]
        widened.append(pad(part, more, value=filling))
    return torch.cat((widened[0].repeat(times, *(1 for _ in sizes)), widened[1]))
