"""Mixup of frame embeddings and input token embeddings, as in the DCASE 2024 baseline.

One weight per micro-batch, at least one half, so that every clip dominates its own mixture; frames
and tokens share the weight and the partner. Targets and the caption's padding stay those of the
clip itself. (``models/trans_decoder.py``, ``augmentations/mixup.py``)
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Mixup:
    """How a micro-batch is mixed.

    Attributes
    ----------
    partners
        (B,) which clip is mixed into each; never itself.
    weight
        Share of the clip itself, from 0.5 to 1.
    """

    partners: Tensor
    weight: float

    def frames(self, frames: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Mix frame embeddings (B, T, D), zero-padded, and their lengths (B,).

        A mixture is as long as the longer of its parts.
        """
        partners = self.partners.to(frames.device)
        return self._mix(frames, partners), torch.maximum(lengths, lengths[partners])

    def embeddings(self, embeddings: Tensor) -> Tensor:
        """Mix token embeddings (B, L, d), before scaling and positional encoding."""
        return self._mix(embeddings, self.partners.to(embeddings.device))

    def _mix(self, values: Tensor, partners: Tensor) -> Tensor:
        return values * self.weight + values[partners] * (1.0 - self.weight)


def draw_mixup(size: int, alpha: float, generator: torch.Generator) -> Mixup:
    """Draw partners and weight for a micro-batch.

    Parameters
    ----------
    size
        Number of clips, at least two.
    alpha
        Both parameters of the Beta distribution, above 0; the weight is max(b, 1 - b).
    generator
        On the CPU.
    """
    partners = draw_partners(size, generator)
    # torch.distributions takes no generator, so the draw uses the standard library.
    seed = int(torch.randint(2**62, (), generator=generator))
    drawn = random.Random(seed).betavariate(alpha, alpha)
    weight = torch.tensor(max(drawn, 1.0 - drawn), dtype=torch.float32)
    return Mixup(partners, float(weight))


def draw_partners(size: int, generator: torch.Generator) -> Tensor:
    """Draw a uniform permutation (B,) without fixed points.

    Raises `ValueError` for fewer than two clips, for which there is none.
    """
    if size < 2:
        raise ValueError(f"there is no partner among {size} clips")
    own = torch.arange(size)
    while True:
        partners = torch.randperm(size, generator=generator)
        if not bool((partners == own).any()):
            return partners
