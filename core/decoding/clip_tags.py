"""The sound classes that an encoder predicts in a clip, with their strengths and times."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

# Tags that come with many sounds, or tell the place and not the sound: nobody misses them in a
# caption that names something particular.
GENERIC_TAGS = frozenset(
    {
        "Animal",
        "Domestic animals, pets",
        "Livestock, farm animals, working animals",
        "Wild animals",
        "Inside, small room",
        "Inside, large room or hall",
        "Inside, public space",
        "Outside, urban or manmade",
        "Outside, rural or natural",
        "Sound effect",
        "Silence",
        "Noise",
        "Environmental noise",
        "Echo",
        "Reverberation",
        "Field recording",
        "Vehicle",
        "Mechanisms",
        "Tools",
        "Music",
        "Speech",
        "Musical instrument",
    }
)


@dataclass(frozen=True, slots=True)
class ClipTags:
    """How strongly the encoder predicts each sound class in a clip (audio tagging).

    Attributes
    ----------
    strengths
        (C,) between 0 and 1.
    names
        The classes' names.
    times
        (C,) when each is heard: the middle of its strength over time, 0 is the clip's beginning
        and 1 its end; None where nothing is known of time.
    """

    strengths: NDArray[np.float32]
    names: tuple[str, ...]
    times: NDArray[np.float32] | None = None

    @classmethod
    def from_logits(cls, logits: NDArray[np.float32], names: tuple[str, ...]) -> ClipTags:
        """Sum up logits (P, C) over time: the mean of each class's loudest quarter of stretches.

        So a bark in ten seconds counts about as much as rain all along.
        """
        probabilities = 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -30, 30)))
        kept = max(1, round(len(probabilities) / 4))
        loudest = np.sort(probabilities, axis=0)[-kept:]
        moments = (np.arange(len(probabilities)) + 0.5) / len(probabilities)
        times = moments @ probabilities / probabilities.sum(axis=0).clip(1e-12)
        return cls(loudest.mean(axis=0).astype(np.float32), names, times.astype(np.float32))

    def strongest(self, count: int) -> tuple[tuple[str, float], ...]:
        """Return the names and strengths of the particular classes heard best, best first."""
        order = np.argsort(-self.strengths, kind="stable")
        named = ((self.names[index], float(self.strengths[index])) for index in order)
        particular = (item for item in named if item[0] not in GENERIC_TAGS)
        return tuple(item for item, _ in zip(particular, range(count), strict=False))

    def strength(self, name: str) -> float:
        """Return how strongly a class is heard; 0 for one that the encoder does not know."""
        place = class_numbers(self.names).get(name)
        return 0.0 if place is None else float(self.strengths[place])


@lru_cache(maxsize=8)
def class_numbers(names: tuple[str, ...]) -> dict[str, int]:
    """Return the number of each class by its name."""
    return {name: place for place, name in enumerate(names)}
