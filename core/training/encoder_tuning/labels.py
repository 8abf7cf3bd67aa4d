"""What should be heard in each patch: what the untuned network hears, put right by the names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.data.simulated.named_sounds import NamedSound
from core.data.sound_events import kin
from core.decoding.clip_tags import GENERIC_TAGS

# The named class is heard at least so clearly, and particular classes that have nothing to do
# with it half as clearly as the untuned network thinks: it is mostly mistaken there.
_HEARD = 0.7
_DOUBTED = 0.5


@dataclass(frozen=True, slots=True)
class Labels:
    """Which classes (S, C) are heard in each of S recordings, and which may be (kin, relatives)."""

    heard: Tensor
    near: Tensor
    particular: Tensor


def labels_of(sounds: Sequence[NamedSound], names: Sequence[str]) -> Labels:
    """Make the labels of recordings; `names` are the encoder's classes in order."""
    number = {name: index for index, name in enumerate(names)}
    heard = torch.zeros(len(sounds), len(names), dtype=torch.bool)
    near = torch.zeros_like(heard)
    for row, sound in enumerate(sounds):
        for name in sound.names:
            heard[row, number[name]] = True
        for name in (*sound.names, *sound.related):
            for other in {name, *kin().get(name, ())} & number.keys():
                near[row, number[other]] = True
    particular = torch.tensor([name not in GENERIC_TAGS for name in names])
    return Labels(heard, near, particular)


def corrected(probabilities: Tensor, labels: Labels, owners: Tensor, loud: Tensor) -> Tensor:
    """Put right what was heard in patches: probabilities (N, C) of recordings `owners` (N,).

    Patches that are not `loud` (N,) are left as they were heard.
    """
    heard, near = labels.heard[owners], labels.near[owners]
    right = torch.where(heard, probabilities.clamp(min=_HEARD), probabilities)
    right = torch.where(~near & labels.particular, right * _DOUBTED, right)
    return torch.where(loud[:, None], right, probabilities)
