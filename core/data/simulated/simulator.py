"""Drawing sequences of tags for the events of captions.

All logits are YAMNet's; ``resources/models/starter/README.md`` says what is made with such frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from core.data.simulated.events import EventTable

# Three seconds, the least that the encoder gives, and twelve.
SHORTEST, MOST_FRAMES = 6, 24
_OFF = -9.0
_LOW, _HIGH = -4.0, 6.0
_BURST = 2


@dataclass(frozen=True, slots=True)
class Recorded:
    """Tag frames of real recordings.

    Attributes
    ----------
    frames
        (M, C) clipped frames of all recordings one after the other, 0..1; row 0 is silence.
    starts, lengths
        (R,) where each recording begins in `frames`, and how many it has.
    by_class
        (C, K) numbers of recordings of each class, -1 fills up.
    """

    frames: Tensor
    starts: Tensor
    lengths: Tensor
    by_class: Tensor


class TagSimulator:
    """Draws what an encoder would hear of captions.

    Parameters
    ----------
    relatives
        (C, 12) numbers and affinities of the classes that fire beside each class.
    parents
        (C, 3) classes above each class, -1 where there are fewer.
    generic
        Numbers of classes that fire weakly in all kinds of recordings.
    recorded
        Real frames, which stand for an event in place of drawn ones half of the time.
    """

    def __init__(
        self,
        relatives: tuple[Tensor, Tensor],
        parents: Tensor,
        generic: Tensor,
        recorded: Recorded,
    ) -> None:
        self.numbers, self.affinity = relatives
        self.parents, self.generic, self.recorded = parents, generic, recorded
        self.classes = len(parents)

    def draw(self, events: EventTable, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return clipped frames (B, T, C), 0..1, and how many each clip has, (B,)."""
        rand = _Draws(generator)
        present = events.classes >= 0
        segments = torch.where(present, events.segments, 0)
        turns = segments.max(1).values + 1
        lengths, repeated = _lengths(rand, turns)
        frames = int(lengths.max())
        active = _activity(rand, events, turns, lengths, frames)
        active |= (repeated[:, None] & present)[..., None]
        strength = self._strengths(rand, events, present)
        real = self._recordings(rand, events, present)
        logits = self._tags(rand, events, active, strength, present & (real < 0))
        heard = ((logits - _LOW) / (_HIGH - _LOW)).clamp_(0, 1)
        self._lay_recordings(rand, heard, active, real, events.levels, present)
        self._lay_background(rand, heard)
        inside = torch.arange(frames) < lengths[:, None]
        return heard * inside[..., None], lengths

    def _strengths(self, rand: _Draws, events: EventTable, present: Tensor) -> Tensor:
        """Return the logit (B, E) of each event's own class where it is on."""
        count = present.sum(1, keepdim=True).clamp(max=4)
        clip = 0.7 * rand.normal(len(present), 1)
        drawn = clip + 2.2 + 1.3 * rand.normal(*present.shape) - 0.35 * (count - 1)
        return (drawn + events.levels).clamp(-1.6, 6.0)

    def _recordings(self, rand: _Draws, events: EventTable, present: Tensor) -> Tensor:
        """Choose a recording (B, E) for about half of the events that have any; else -1."""
        candidates = self.recorded.by_class[events.classes.clamp(min=0)]
        counts = (candidates >= 0).sum(2)
        pick = (rand.uniform(*present.shape) * counts).long().clamp(max=candidates.shape[2] - 1)
        chosen = candidates.gather(2, pick[..., None])[..., 0]
        wanted = present & (counts > 0) & (rand.uniform(*present.shape) < 0.5)
        return torch.where(wanted, chosen, -1)

    def _tags(
        self, rand: _Draws, events: EventTable, active: Tensor, strength: Tensor, drawn: Tensor
    ) -> Tensor:
        """Draw logits (B, T, C) of the events that have no recording."""
        own = events.classes.clamp(min=0)
        missed = rand.uniform(*own.shape) < 0.08
        first = torch.where(missed, -2 - 2 * rand.uniform(*own.shape), strength)
        second = strength[..., None] - (-0.2 + 3.4 * rand.uniform(*events.related.shape))
        second_on = (events.related >= 0) & (rand.uniform(*events.related.shape) < 0.5)
        above = self.parents[own]
        parent = strength[..., None] + 0.2 + 0.7 * rand.uniform(*above.shape)
        # Only the nearest of the classes above is as strong as the class itself.
        parent = parent - torch.tensor([0.0, 0.8, 1.6])
        parent_on = (above >= 0) & (rand.uniform(*above.shape) < 0.85)
        numbers, affinity = self.numbers[own], self.affinity[own]
        beside = strength[..., None] - (1.2 + 4.3 * rand.uniform(*numbers.shape))
        beside_on = rand.uniform(*numbers.shape) < 0.03 + 0.65 * affinity
        classes = torch.cat((own[..., None], events.related.clamp(min=0), above.clamp(min=0),
                             numbers), dim=2)  # fmt: skip
        level = torch.cat((first[..., None], second, parent, beside), dim=2)
        on = torch.cat((drawn[..., None], second_on, parent_on, beside_on), dim=2)
        level = level.masked_fill(~(on & drawn[..., None]), _OFF)
        batch, count, channels = classes.shape
        length = active.shape[2]
        walk = 0.35 * rand.normal(batch, count, length).cumsum(2)
        walk = (walk - walk.mean(2, keepdim=True))[:, :, None]
        noise = 0.5 * rand.normal(batch, count, channels, length)
        curve = torch.where(active[:, :, None], level[..., None] + walk + noise, _OFF)
        logits = torch.full((batch, self.classes, length), _OFF)
        index = classes.flatten(1)[..., None].expand(-1, -1, length)
        logits.scatter_reduce_(1, index, curve.flatten(1, 2), "amax")
        return logits.transpose(1, 2)

    def _lay_recordings(
        self,
        rand: _Draws,
        heard: Tensor,
        active: Tensor,
        real: Tensor,
        levels: Tensor,
        present: Tensor,
    ) -> None:
        """Put real frames where events that have a recording are on; the louder tag wins."""
        recorded = self.recorded
        # Sounds that sound together weaken each other's tags.
        together = active.sum(1, keepdim=True) > 1
        weaker = 0.12 * rand.uniform(*real.shape) - 0.1 * levels
        shared = 0.25 * rand.uniform(*real.shape)
        for event in range(real.shape[1]):
            rows = (real[:, event] >= 0).nonzero()[:, 0]
            if not len(rows):
                continue
            on = active[rows, event]
            lengths = recorded.lengths[real[rows, event]][:, None]
            since = (on.long().cumsum(1) - 1) % lengths
            index = torch.where(on, recorded.starts[real[rows, event]][:, None] + since, 0)
            frames = recorded.frames[index].float()
            less = weaker[rows, event, None] + shared[rows, event, None] * together[rows, 0]
            frames = (frames - less[..., None]).clamp_(min=0)
            heard[rows] = torch.maximum(heard[rows], frames)

    def _lay_background(self, rand: _Draws, heard: Tensor) -> None:
        """Add the faint tags of another recording, one or two generic ones and a random one."""
        batch, length, classes = heard.shape
        recorded = self.recorded
        other = (rand.uniform(batch) * len(recorded.starts)).long()
        offset = torch.arange(length) + (rand.uniform(batch, 1) * 50).long()
        index = recorded.starts[other][:, None] + offset % recorded.lengths[other][:, None]
        faint = recorded.frames[index].float() * (0.2 * rand.uniform(batch, 1, 1))
        torch.maximum(heard, faint * (rand.uniform(batch, 1, 1) < 0.6), out=heard)
        for odds, pool in ((0.5, self.generic), (0.25, self.generic), (0.25, None)):
            pick = rand.uniform(batch) * (classes if pool is None else len(pool))
            number = pick.long() if pool is None else pool[pick.long()]
            level = -3.5 + 3.0 * rand.uniform(batch, 1) + 0.6 * rand.normal(batch, length)
            level = ((level - _LOW) / (_HIGH - _LOW)).clamp_(0, 1)
            level = level * (rand.uniform(batch, 1) < odds)
            rows = torch.arange(batch)
            heard[rows, :, number] = torch.maximum(heard[rows, :, number], level)


class _Draws:
    """Random numbers of one generator."""

    def __init__(self, generator: torch.Generator) -> None:
        self._generator = generator

    def uniform(self, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self._generator)

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self._generator)


def _lengths(rand: _Draws, turns: Tensor) -> tuple[Tensor, Tensor]:
    """Draw how many frames each clip has: of any length, or about ten seconds.

    Some are single short sounds, which the encoder repeats up to three seconds (second result).
    """
    batch = len(turns)
    short = SHORTEST + (rand.uniform(batch) * (21 - SHORTEST)).long()
    long = 14 + (rand.uniform(batch) * 8).long()
    drawn = torch.where(rand.uniform(batch) < 0.6, short, long)
    repeated = (turns == 1) & (rand.uniform(batch) < 0.25)
    drawn = torch.where(repeated, SHORTEST, drawn)
    return torch.maximum(drawn, (2 * turns).clamp(max=MOST_FRAMES)), repeated


def _activity(
    rand: _Draws, events: EventTable, turns: Tensor, lengths: Tensor, frames: int
) -> Tensor:
    """Return (B, E, T): when each event is on. Every event is on at least once."""
    batch, count = events.classes.shape
    # Each turn has a share of the clip, of unequal length.
    widths = 0.35 + rand.uniform(batch, count)
    widths = widths * (torch.arange(count) < turns[:, None])
    ends = widths.cumsum(1) / widths.sum(1, keepdim=True)
    starts = torch.cat((torch.zeros(batch, 1), ends[:, :-1]), dim=1)
    segments = events.segments.clamp(max=count - 1)
    start, end = starts.gather(1, segments), ends.gather(1, segments)
    # Sounds of one turn last for all of it, or each for a part of it.
    whole = rand.uniform(batch, 1) < 0.6
    inner = rand.uniform(batch, count, 2).sort(2).values
    # People mostly name first what they heard first, also where they do not say so.
    told = rand.uniform(batch, 1, 1) < 0.75
    inner = torch.where(told, inner.sort(1).values, inner)
    span = end - start
    first = torch.where(whole, start, start + 0.7 * span * inner[..., 0])
    last = torch.where(whole, end, start + span * (0.3 + 0.7 * inner[..., 1]))
    begin = (first * lengths[:, None]).round().long()
    begin = torch.minimum(begin, lengths[:, None] - 1)
    # Patches overlap: a sound is heard half a patch beyond its end.
    stop = (last * lengths[:, None]).round().long() + (rand.uniform(batch, count) < 0.4)
    stop = torch.maximum(stop, begin + 1)
    time = torch.arange(frames)
    inside = (time >= begin[..., None]) & (time < stop[..., None])
    flips = rand.uniform(batch, count, frames) < 0.28
    blinking = (flips.long().cumsum(2) - flips[..., :1].long()) % 2 == 0
    burst = begin + (rand.uniform(batch, count) * (stop - begin) * 0.7).long()
    width = 1 + (rand.uniform(batch, count) * (_BURST + 1)).long()
    again = torch.where(rand.uniform(batch, count) < 0.4, 3, frames)
    since = time - burst[..., None]
    struck = (since >= 0) & (since % again[..., None].clamp(min=4) < width[..., None])
    kinds = events.kinds[..., None]
    active = torch.where(kinds == 0, inside, inside & torch.where(kinds == 1, blinking, struck))
    onset = torch.where(events.kinds == 2, burst, begin)
    active = active.scatter(2, onset[..., None].clamp(max=frames - 1), True)
    return active & (events.classes >= 0)[..., None]
