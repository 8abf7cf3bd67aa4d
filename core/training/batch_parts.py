"""A part of a micro-batch: what one process of several works on, or what fits into the memory.

A micro-batch is cut into parts of neighbouring clips. The gradients of its parts add up to the
gradient of the whole: the cross-entropy is a mean over words, so a part counts by its words. Mixup
is drawn for the whole micro-batch, and a part mixes with partners outside of it.

Contrast needs other clips. Several processes compare the clips of all (`Team.gather`), so their
contrast is that of the whole; parts that were cut because the memory was short are compared one
after the other, each with fewer negatives, and count by their clips.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor

from core.data.batches import CaptionedClips
from core.objectives.inputs import ALONE, Company


@dataclass(frozen=True, slots=True)
class Part:
    """The clips `rows` of a micro-batch.

    Attributes
    ----------
    index
        Its place among the parts, so that each draws its own dropout.
    words, clips
        Shares by which the cross-entropy and the contrastive terms count.
    company
        How contrastive terms see the clips of the other parts.
    """

    rows: slice
    index: int
    words: float
    clips: float
    company: Company = ALONE


Chosen = tuple[Tensor, Tensor, Tensor]


def cut(data: CaptionedClips, chosen: Chosen, pieces: int) -> list[Part]:
    """Cut a micro-batch into at most `pieces` parts of nearly equal size, none of them empty."""
    clips, first, _ = chosen
    counts = data.token_lengths[clips, first] - 1  # What is predicted, without the begin token.
    bounds = _bounds(len(clips), min(pieces, len(clips)))
    return [
        Part(
            rows=slice(start, stop),
            index=index,
            words=float(counts[start:stop].sum() / counts.sum()),
            clips=(stop - start) / len(clips),
        )
        for index, (start, stop) in enumerate(bounds)
    ]


def _bounds(count: int, pieces: int) -> list[tuple[int, int]]:
    edges = [round(count * number / pieces) for number in range(pieces + 1)]
    return list(itertools.pairwise(edges))


def combined(terms: list[dict[str, Tensor]], parts: list[Part]) -> dict[str, Tensor]:
    """Return the terms of a micro-batch, scalars by name, from those of its parts.

    "total" is scaled already and adds up; the others are means over the parts that have them.
    """
    if len(terms) == 1:
        return terms[0]
    together: dict[str, Tensor] = {}
    for name in dict.fromkeys(name for of_part in terms for name in of_part):
        present = [
            (of_part[name], part)
            for of_part, part in zip(terms, parts, strict=True)
            if name in of_part
        ]
        values = torch.stack([value for value, _ in present])
        if name == "total":
            together[name] = values.sum()
            continue
        shares = [part.words if name == "ce" else part.clips for _, part in present]
        weights = torch.tensor(shares, dtype=values.dtype).to(values.device)
        together[name] = (values * weights).sum() / weights.sum()
    return together
