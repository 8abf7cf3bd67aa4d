"""What the captions of a split name, as tensors that a simulator works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.data.sound_events import EventMention, mentioned_events

MOST_EVENTS = 5
MOST_RELATED = 4
KINDS = ("continuous", "intermittent", "burst")


@dataclass(frozen=True, slots=True)
class EventTable:
    """The events of N captions, five at most; -1 fills what is not there.

    Attributes
    ----------
    classes, kinds, segments
        (N, 5): number of the class, of its kind in `KINDS`, of its turn.
    levels
        (N, 5) logits to add: quiet sounds are weaker.
    related
        (N, 5, 4) numbers of related classes.
    """

    classes: Tensor
    kinds: Tensor
    segments: Tensor
    levels: Tensor
    related: Tensor

    def pick(self, rows: Tensor) -> EventTable:
        """Return some of the captions."""
        return EventTable(
            self.classes[rows],
            self.kinds[rows],
            self.segments[rows],
            self.levels[rows],
            self.related[rows],
        )


def event_table(captions: Sequence[str], names: Sequence[str]) -> EventTable:
    """Read the events of captions; `names` are those of the encoder's classes, in order."""
    number = {name: index for index, name in enumerate(names)}
    shape = (len(captions), MOST_EVENTS)
    classes = torch.full(shape, -1)
    kinds, segments = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    levels = torch.zeros(shape)
    related = torch.full((*shape, MOST_RELATED), -1)
    known: dict[str, tuple[EventMention, ...]] = {}
    for row, caption in enumerate(captions):
        if caption not in known:
            known[caption] = mentioned_events(caption)
        for column, mention in enumerate(known[caption][:MOST_EVENTS]):
            classes[row, column] = number[mention.name]
            kinds[row, column] = KINDS.index(mention.kind)
            segments[row, column] = mention.segment
            levels[row, column] = -1.2 if mention.level == "quiet" else 0.0
            for place, name in enumerate(mention.related[:MOST_RELATED]):
                related[row, column, place] = number[name]
    return EventTable(classes, kinds, segments, levels, related)
