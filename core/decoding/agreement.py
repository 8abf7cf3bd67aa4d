"""How well a caption agrees with the sounds that the encoder itself hears.

The rules of `core.data.sound_events` read which sounds a caption names; the encoder's tags say how
strongly each is heard. *Precision* is high where what the caption names is heard, *coverage* where
what is heard clearly is named.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.data.sound_events import EventMention, kin, mentioned_events
from core.data.stopwords import english_stopwords
from core.decoding.clip_tags import ClipTags, class_numbers

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


def agreement(text: str, tags: ClipTags) -> Agreement:
    """Compare a caption with what is heard."""
    mentions = [mention for mention in mentioned_events(text) if not mention.weak]
    if not mentions:
        return Agreement(0.0, 0.0, 0.0, 0.0, 0)
    sounds = _sounds(mentions)
    supports = [max(_support(mention, tags) for mention in sound) for sound in sounds]
    return Agreement(
        precision=sum(supports) / len(supports),
        weakest=min(supports),
        coverage=_coverage(mentions, tags),
        order=_order(sounds, supports, tags),
        named=len(supports),
    )


def predicted_sounds(tags: ClipTags) -> list[tuple[frozenset[str], float]]:
    """Return the sounds heard best, as classes that are kin, with the strength of the best."""
    sounds: list[tuple[set[str], float]] = []
    for name, strength in tags.strongest(_TAGS_LOOKED_AT):
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


def repeats_content_word(text: str) -> bool:
    """Whether a caption says one content word twice ("explosions and explosions").

    A word may return after "then" and its like, which tell of another time.
    """
    for part in _AGAIN.split(text.lower()):
        stems = [_stem(word) for word in _WORD.findall(part) if word not in english_stopwords()]
        if len(stems) > len(set(stems)):
            return True
    return False


@lru_cache(maxsize=4096)
def _named(text: str) -> tuple[frozenset[str], ...]:
    """Return the classes of each sound that a caption names, with their nearest kin."""
    mentions = [mention for mention in mentioned_events(text) if not mention.weak]
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


def _support(mention: EventMention, tags: ClipTags) -> float:
    related = zip(mention.related, _RELATED_SUPPORT, strict=False)
    return max(
        tags.strength(mention.name),
        *(factor * tags.strength(name) for name, factor in related),
        0.0,
    )


def _order(
    sounds: Sequence[Sequence[EventMention]], supports: Sequence[float], tags: ClipTags
) -> float:
    """Compare the turns of sounds with the times they are heard at; see `Agreement.order`."""
    if tags.times is None:
        return 0.0
    told = [
        (min(mention.segment for mention in sound), _time(sound, tags), support)
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


def _time(sound: Sequence[EventMention], tags: ClipTags) -> float:
    """Return when the class that supports a sound best is heard."""
    assert tags.times is not None
    places = class_numbers(tags.names)
    known = [places[name] for mention in sound for name in mention.classes if name in places]
    if not known:
        return 0.5
    return float(tags.times[max(known, key=lambda place: float(tags.strengths[place]))])


def _coverage(mentions: list[EventMention], tags: ClipTags) -> float:
    named = {name for mention in mentions for name in mention.classes}
    expected = predicted_sounds(tags)
    total = sum(strength for _, strength in expected)
    if not total:
        return 0.0
    return sum(strength for names, strength in expected if not names.isdisjoint(named)) / total


def _stem(word: str) -> str:
    for ending in ("ing", "es", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word.removesuffix("e")
