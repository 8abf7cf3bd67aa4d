"""Drawing patches to learn from: one sound or two at once, recorded well or badly."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

# Share of patches that hold two sounds, and how much louder (dB) one may be.
_MIXED = 0.6
_DIFFERENCE_DB = 6.0
_RMS = 0.3


@dataclass(frozen=True, slots=True)
class Draw:
    """A batch: magnitudes (B, 96, 64) of patches `first` (B,), some with patches `second` (B,)."""

    magnitudes: Tensor
    first: Tensor
    second: Tensor
    mixed: Tensor


def draw(magnitudes: Tensor, weights: Tensor, size: int, generator: torch.Generator) -> Draw:
    """Draw `size` patches of magnitudes (N, 96, 64), those of large weights (N,) more often."""
    first, second = (
        torch.multinomial(weights, size, replacement=True, generator=generator) for _ in range(2)
    )
    mixed = torch.rand(size, generator=generator) < _MIXED
    one, other = (_levelled(magnitudes[chosen].float()) for chosen in (first, second))
    louder = _DIFFERENCE_DB * (2 * torch.rand(size, 1, 1, generator=generator) - 1)
    gain = 10 ** (louder / 40)
    # Powers add up, on average: the phases of two sounds have nothing to do with each other.
    both = ((one * gain).square() + (other / gain).square()).sqrt()
    sound = torch.where(mixed[:, None, None], both, one)
    return Draw(badly_recorded(sound, generator), first, second, mixed)


def badly_recorded(sound: Tensor, generator: torch.Generator) -> Tensor:
    """Take high bands from a third of magnitudes (B, 96, 64), tilt all, add noise, change levels.

    Many recordings that people have are of 11 kHz, or of a telephone.
    """
    size, _, bands = sound.shape

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator)

    band = torch.linspace(0, 1, bands)
    dull = uniform(size, 1) < 0.35
    cutoff, slope = 0.35 + 0.65 * uniform(size, 1), 4 + 20 * uniform(size, 1)
    kept = torch.where(dull, torch.exp(-slope * (band - cutoff).clamp(min=0)), 1.0)
    tilt = torch.exp(3 * (uniform(size, 1) - 0.5) * (band - 0.5))
    level = 10 ** ((14 * uniform(size, 1, 1) - 9) / 20)
    noisy = uniform(size, 1, 1) < 0.3
    floor = torch.where(noisy, 10 ** ((35 * uniform(size, 1, 1) - 60) / 20), 0.0)
    noise = floor * sound.amax((1, 2), keepdim=True) * uniform(*sound.shape)
    return ((sound * (kept * tilt)[:, None]).square() + noise.square()).sqrt() * level


def _levelled(magnitudes: Tensor) -> Tensor:
    loud = magnitudes.square().mean((1, 2), keepdim=True).sqrt()
    return magnitudes * (_RMS / loud.clamp(min=1e-4))
