"""Patches of all named recordings, as the tuning shows them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.audio.files import read_audio
from core.data.simulated.altering import altered, levelled, repeated
from core.data.simulated.named_sounds import NamedSound
from core.models.encoders.yamnet import YamNet
from core.models.encoders.yamnet_frontend import SAMPLE_RATE
from core.models.encoders.yamnet_tags import HOP_SAMPLES, at_common_level, long_enough

# As they are, faster or slower with noise, and echoing: more variants tell the tuning nothing new.
VARIANTS = 3
_LONGEST_SECONDS = 10.0
_MOST_PATCHES = 24
# A patch 20 dB below the loudest of its recording may hold none of the sound.
_FAINT = 0.01


@dataclass(frozen=True, slots=True)
class Patches:
    """Patches of 0.96 s of many recordings.

    Attributes
    ----------
    magnitudes
        (N, 96, 64) float16 mel magnitudes: unlike their logarithms they add up in mixtures.
    owners
        (N,) numbers of the recordings.
    loud
        (N,) whether the sound is surely in the patch.
    """

    magnitudes: Tensor
    owners: Tensor
    loud: Tensor


def read_patches(
    sounds: Sequence[NamedSound], yamnet: YamNet, variants: int = VARIANTS
) -> Iterator[Patches]:
    """Yield the patches of each recording's variants, heard as the encoder hears them.

    Raises
    ------
    AudioFileError
        A recording is missing or damaged.
    """
    for number, sound in enumerate(sounds):
        samples = read_audio(sound.path, SAMPLE_RATE, 0.0, _LONGEST_SECONDS).samples
        for variant in range(variants):
            magnitudes = yamnet.patch_magnitudes(_prepared(samples, sound, variant), HOP_SAMPLES)
            magnitudes = magnitudes[:_MOST_PATCHES].half()
            energy = magnitudes.float().square().sum((1, 2))
            yield Patches(
                magnitudes,
                torch.full((len(magnitudes),), number),
                energy > _FAINT * energy.max(),
            )


def join(parts: Sequence[Patches]) -> Patches:
    """Put patches together."""
    return Patches(
        torch.cat([part.magnitudes for part in parts]),
        torch.cat([part.owners for part in parts]),
        torch.cat([part.loud for part in parts]),
    )


def _prepared(samples: np.ndarray, sound: NamedSound, variant: int) -> Tensor:
    rng = np.random.default_rng(zlib.crc32(f"{sound.path.name}-{variant}".encode()))
    made = samples
    if variant:
        made = altered(made, variant, rng, SAMPLE_RATE)
        made = repeated(made, variant, rng, SAMPLE_RATE)
        made = levelled(made, variant, rng)
    return long_enough(at_common_level(torch.from_numpy(np.ascontiguousarray(made))))
