"""A part of a micro-batch: the share of one of several processes, or what fits into memory.

A micro-batch is cut into parts of consecutive clips. The gradients of its parts add up to the
gradient of the whole: the cross-entropy is a mean over tokens, so a part is weighted by its tokens.
Mixup is drawn for the whole micro-batch, and a part mixes with partners outside of it.

Contrast needs other clips. Several processes compare the clips of all (`Peers.gather`), so their
contrast is that of the whole. Parts that were cut because memory was short are contrasted one after
the other, each with fewer negatives, and weighted by their clips.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from core.data.batches import CaptionedClips
from core.objectives.inputs import NO_PEERS, Peers


class MicroBatch(NamedTuple):
    """The clips of one forward and backward pass, and the captions they are trained with.

    Attributes
    ----------
    clips
        (B,) indices of the clips in their split.
    captions
        (B,) index of each clip's caption for the cross-entropy.
    second_captions
        (B,) index of another caption of each clip; the same one where a clip has only one.
    """

    clips: Tensor
    captions: Tensor
    second_captions: Tensor


@dataclass(frozen=True, slots=True)
class Part:
    """The clips `rows` of a micro-batch.

    Attributes
    ----------
    index
        Its position among the parts, which seeds its dropout.
    token_share, clip_share
        Weights of its cross-entropy and of its contrastive terms, out of 1.
    peers
        How contrastive terms reach the clips of the other parts.
    """

    rows: slice
    index: int
    token_share: float
    clip_share: float
    peers: Peers = NO_PEERS


def cut(data: CaptionedClips, micro_batch: MicroBatch, pieces: int) -> list[Part]:
    """Cut a micro-batch into at most `pieces` parts of nearly equal size, none of them empty."""
    clips, first, _ = micro_batch
    counts = data.token_lengths[clips, first] - 1  # What is predicted, without the begin token.
    bounds = _bounds(len(clips), min(pieces, len(clips)))
    return [
        Part(
            rows=slice(start, stop),
            index=index,
            token_share=float(counts[start:stop].sum() / counts.sum()),
            clip_share=(stop - start) / len(clips),
        )
        for index, (start, stop) in enumerate(bounds)
    ]


def _bounds(count: int, pieces: int) -> list[tuple[int, int]]:
    edges = [round(count * number / pieces) for number in range(pieces + 1)]
    return list(itertools.pairwise(edges))


def combined(terms: list[dict[str, Tensor]], parts: list[Part]) -> dict[str, Tensor]:
    """Return the terms of a micro-batch, scalars by name, from those of its parts.

    "total" is weighted already and is summed; the others are means over the parts that have them.
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
        shares = [part.token_share if name == "ce" else part.clip_share for _, part in present]
        weights = torch.tensor(shares, dtype=values.dtype).to(values.device)
        together[name] = (values * weights).sum() / weights.sum()
    return together
