"""How well a caption agrees with the sounds that the encoder itself hears.

The rules of `core.data.sound_events` read which sounds a caption names; the encoder's tags say how
strongly each is heard. *Precision* is high where what the caption names is heard, *coverage* where
what is heard clearly is named (reference: starter-captioner.md, step 10).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.data.sound_events import EventMention, heard_classes, kin
from core.data.stopwords import english_stopwords

# Tags that come with many sounds, or tell the place and not the sound: nobody misses them in a
# caption that names something particular.
UNPARTICULAR = frozenset(
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
# A related class supports a mention less than the class itself, the first one most.
_RELATED_SUPPORT = (0.9, 0.8, 0.7)
# Heard sounds that a caption is expected to name, and the tags that they are looked for among.
_EXPECTED = 3
_TAGS_LOOKED_AT = 8
_AUDIBLE = 0.1
_BESIDE_THE_LOUDEST = 0.25
_AGAIN = re.compile(r"\b(?:then|followed|again|before|after)\b")
_WORD = re.compile(r"[a-z']+")


@dataclass(frozen=True, slots=True)
class HeardTags:
    """How strongly each class is heard in a clip.

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
    def from_logits(cls, logits: NDArray[np.float32], names: tuple[str, ...]) -> HeardTags:
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
        particular = (item for item in named if item[0] not in UNPARTICULAR)
        return tuple(item for item, _ in zip(particular, range(count), strict=False))

    def strength(self, name: str) -> float:
        """Return how strongly a class is heard; 0 for one that the encoder does not know."""
        place = _places(self.names).get(name)
        return 0.0 if place is None else float(self.strengths[place])


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the tags say of a caption.

    Attributes
    ----------
    precision
        Mean support of the sounds that it names, between 0 and 1.
    weakest
        Support of the one least supported.
    coverage
        Share of what is heard clearly that it names, between 0 and 1.
    order
        Between -1 and 1: whether sounds that it tells one after the other are heard in that
        order; 0 where it tells no order.
    named
        How many sounds it names; kin ("a dog", "barks") count as one.
    """

    precision: float
    weakest: float
    coverage: float
    order: float
    named: int


def agreement(text: str, heard: HeardTags) -> Agreement:
    """Compare a caption with what is heard."""
    mentions = [mention for mention in mentions_of(text) if not mention.weak]
    if not mentions:
        return Agreement(0.0, 0.0, 0.0, 0.0, 0)
    sounds = _sounds(mentions)
    supports = [max(_support(mention, heard) for mention in sound) for sound in sounds]
    return Agreement(
        precision=sum(supports) / len(supports),
        weakest=min(supports),
        coverage=_coverage(mentions, heard),
        order=_order(sounds, supports, heard),
        named=len(supports),
    )


def heard_sounds(heard: HeardTags) -> list[tuple[frozenset[str], float]]:
    """Return the sounds heard best, as classes that are kin, with the strength of the best."""
    sounds: list[tuple[set[str], float]] = []
    for name, strength in heard.strongest(_TAGS_LOOKED_AT):
        if strength < _AUDIBLE:
            break
        near = kin().get(name, frozenset())
        own = next((names for names, _ in sounds if names & near), None)
        if own is None:
            sounds.append(({name}, strength))
        else:
            own.add(name)
    return [
        (frozenset(names), strength)
        for names, strength in sounds[:_EXPECTED]
        if strength >= _BESIDE_THE_LOUDEST * sounds[0][1]
    ]


def consensus(texts: Sequence[str]) -> list[float]:
    """Return how much of what a caption names the others name too, on average, for each caption.

    Samples of one clip that name other sounds than the rest are seldom right (minimum Bayes risk).
    """
    named = [_named(text) for text in texts]
    return [sum(_overlap(one, other) for other in named) / len(named) for one in named]


def stutters(text: str) -> bool:
    """Whether a caption says one content word twice ("explosions and explosions").

    A word may return after "then" and its like, which tell of another time.
    """
    for part in _AGAIN.split(text.lower()):
        stems = [_stem(word) for word in _WORD.findall(part) if word not in english_stopwords()]
        if len(stems) > len(set(stems)):
            return True
    return False


@lru_cache(maxsize=4096)
def mentions_of(text: str) -> tuple[EventMention, ...]:
    """Return the sounds that a caption names; see `core.data.sound_events.heard_classes`."""
    return heard_classes(text)


@lru_cache(maxsize=4096)
def _named(text: str) -> tuple[frozenset[str], ...]:
    """Return the classes of each sound that a caption names, with their nearest kin."""
    mentions = [mention for mention in mentions_of(text) if not mention.weak]
    return tuple(
        frozenset(name for mention in sound for name in mention.classes[:3])
        for sound in _sounds(mentions)
    )


def _overlap(one: Sequence[frozenset[str]], other: Sequence[frozenset[str]]) -> float:
    """Return twice the shared sounds over all sounds: 1 where two captions name the same."""
    if not one or not other:
        return 0.0
    shared = sum(any(sound & kin for kin in other) for sound in one)
    shared += sum(any(sound & kin for kin in one) for sound in other)
    return shared / (len(one) + len(other))


def _sounds(mentions: Sequence[EventMention]) -> list[list[EventMention]]:
    """Put mentions of one sound together: "a dog barks" names a dog and its bark."""
    sounds: list[list[EventMention]] = []
    for mention in mentions:
        kin = next(
            (
                sound
                for sound in sounds
                for other in sound
                if mention.name in other.classes or other.name in mention.classes
            ),
            None,
        )
        if kin is None:
            sounds.append([mention])
        else:
            kin.append(mention)
    return sounds


def _support(mention: EventMention, heard: HeardTags) -> float:
    related = zip(mention.related, _RELATED_SUPPORT, strict=False)
    return max(
        heard.strength(mention.name),
        *(factor * heard.strength(name) for name, factor in related),
        0.0,
    )


def _order(
    sounds: Sequence[Sequence[EventMention]], supports: Sequence[float], heard: HeardTags
) -> float:
    """Compare the turns of sounds with the times they are heard at; see `Agreement.order`."""
    if heard.times is None:
        return 0.0
    told = [
        (min(mention.segment for mention in sound), _time(sound, heard), support)
        for sound, support in zip(sounds, supports, strict=True)
    ]
    marks = [
        # A fifth of the clip apart is plainly apart; what is hardly heard proves little.
        max(-1.0, min(1.0, (later[1] - earlier[1]) / 0.2)) * min(1.0, 2 * min(earlier[2], later[2]))
        for earlier in told
        for later in told
        if earlier[0] < later[0]
    ]
    return sum(marks) / len(marks) if marks else 0.0


def _time(sound: Sequence[EventMention], heard: HeardTags) -> float:
    """Return when the class that supports a sound best is heard."""
    assert heard.times is not None
    places = _places(heard.names)
    known = [places[name] for mention in sound for name in mention.classes if name in places]
    if not known:
        return 0.5
    return float(heard.times[max(known, key=lambda place: float(heard.strengths[place]))])


def _coverage(mentions: list[EventMention], heard: HeardTags) -> float:
    named = {name for mention in mentions for name in mention.classes}
    expected = heard_sounds(heard)
    total = sum(strength for _, strength in expected)
    if not total:
        return 0.0
    return sum(strength for names, strength in expected if not names.isdisjoint(named)) / total


def _stem(word: str) -> str:
    for ending in ("ing", "es", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word.removesuffix("e")


@lru_cache(maxsize=8)
def _places(names: tuple[str, ...]) -> dict[str, int]:
    return {name: place for place, name in enumerate(names)}
