"""Which sounds a caption names: ordered rules from its words to the classes of AudioSet.

`mentioned_events` reads any English caption. It serves two ends: tags of the encoder are simulated
from captions without audio, and candidate captions are compared with the tags that the encoder
hears. The rules stand in ``resources/sound_events/rules.txt`` (notation in its head).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Literal

from core.errors import DatasetError
from core.paths import resources_dir

Kind = Literal["continuous", "intermittent", "burst"]
Level = Literal["quiet", "normal", "loud"]

_KINDS: dict[str, Kind] = {"c": "continuous", "i": "intermittent", "b": "burst"}
_REFERENCE = re.compile(r"@(\w+)")
# Words between two sounds of which the second comes later, or (with "after") earlier.
_LATER = re.compile(
    r"\b(?:(?:is |are |was )?(?:then )?followed (?:shortly |closely |briefly |immediately )?by"
    r"|follow(?:s|ed)? after|and then|then|before|until|preced(?:es|ing)|proceeded by"
    r"|later|afterwards?|after (?:which|that|words)|finally|leading to|eventually)\b|;"
)
_EARLIER = re.compile(r"\b(?:following|preceded by|after)\b(?! (?:each|one) other)(?=.*\w)")
_CLAUSE_END = re.compile(r",| and | as | while | with | over | but | during | amid | when |\.")
_QUIET = re.compile(
    r"\b(?:distan(?:t|tly|ce)|faint(?:ly)?|background|far(?: away| off)?|soft(?:ly)?|quiet(?:ly)?"
    r"|muffled|lightly|slight(?:ly)?|gentl[ey]|barely|outside)\b"
)
_LOUD = re.compile(
    r"\b(?:loud(?:ly|er)?|heav(?:y|ily)|strong(?:ly)?|blaring|roaring|powerful|nearby|close)\b"
)
_PEOPLE = (
    (re.compile(r"\b(?:fe)?male (?=voice|speech)"), ""),
    (re.compile(r"\b(?:adult |young |older |elderly )?(?:men|women|males|females|ladies|guys)\b"),
     "people"),
    (re.compile(r"\b(?:girls|boys)\b"), "children"),
    (re.compile(r"\b(?:girl|boy)(?='s\b|\b)"), "child"),
    (re.compile(r"\b(?:wom[ae]n|m[ae]n)'?s (?=voice|speech)"), "person's "),
    (re.compile(r"\b(?:an? )?(?:adult |young |older |elderly |old |middle-aged )*"
                r"(?:man|woman|lady|guy|gentleman)(?='s\b|\b)"), "a person"),
    (re.compile(r"\b(?:an? )?(?:adult |young |older |elderly )*(?:fe)?male "
                r"(?:adult |person |human )?(?=speak|talk|sing|laugh|giv|is|deliver"
                r"|whisper|yell|shout|scream|cough|sneez|snor|narrat)"), "a person "),
    (re.compile(r"\b(?:fe)?male\b(?! (?:voice|speech))"), "person"),
    (re.compile(r"\bhis or her\b|\bhis\b|\bher\b"), "their"),
    (re.compile(r"\b(?:he|she) (?=\w+s\b)"), "the person "),
)  # fmt: skip
_ARTICLES = re.compile(
    r"\b(the|a|an|some|another|one|this|that|each|single|lone|human|adult|young|older|loud|other"
    r"|different|same|two|nearby|distant) an? (?=person)"
)
_BLANKS = re.compile(r"\s+")
# Related classes of a rule that `kin` takes for the same sound; further ones only go with it.
_NEAREST = 2


@dataclass(frozen=True, slots=True)
class EventMention:
    """A sound that a caption names.

    Attributes
    ----------
    name
        Class name as AudioSet and YAMNet spell it.
    related
        Classes that usually sound with it or are taken for it, nearest first; any of them in the
        encoder's tags supports the mention.
    kind
        How such a sound is spread in time.
    segment
        Number of its turn: 0 for what comes first; sounds that are not said to follow one another
        have the same number.
    level
        Whether the caption calls it quiet or loud.
    start, end
        Where its words stand in the caption.
    weak
        Whether the words name no particular sound ("something", "a noise").
    """

    name: str
    related: tuple[str, ...]
    kind: Kind
    segment: int
    level: Level
    start: int
    end: int
    weak: bool = False

    @property
    def classes(self) -> tuple[str, ...]:
        """The class itself, then what is related to it."""
        return (self.name, *self.related)


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    name: str
    related: tuple[str, ...]
    kind: Kind
    weak: bool


@lru_cache(maxsize=100_000)
def mentioned_events(text: str) -> tuple[EventMention, ...]:
    """Return the sounds that a caption names, in order of their words.

    A class stands once for each turn. Weak mentions are there only where nothing else is named.
    """
    text = text.lower()
    taken = bytearray(len(text))
    strong = _find(text, False, taken)
    found = strong or _find(text, True, taken)
    turns, borders = _turns(text), _clauses(text)
    mentions: dict[tuple[str, int], EventMention] = {}
    for start, end, rule in sorted(found, key=lambda item: item[0]):
        segment = next(number for stop, number in reversed(turns) if start >= stop)
        mention = EventMention(
            name=rule.name,
            related=rule.related,
            kind=rule.kind,
            segment=segment,
            level=_level(text, start, borders),
            start=start,
            end=end,
            weak=rule.weak,
        )
        mentions.setdefault((rule.name, segment), mention)
    return _renumbered(tuple(mentions.values()))


def without_gender(text: str) -> str:
    """Return a caption in lower case with gendered people as person, people or child.

    AudioSet's classes as YAMNet has them know no gender, so a captioner could only guess it.
    """
    text = text.lower()
    for pattern, word in _PEOPLE:
        text = pattern.sub(word, text)
    text = _ARTICLES.sub(lambda match: f"{match[1]} ".replace("an ", "a "), text)
    return _BLANKS.sub(" ", text).strip()


@cache
def known_classes() -> frozenset[str]:
    """Return all class names that the rules can give."""
    return frozenset(name for rule in _rules() for name in (rule.name, *rule.related))


@cache
def kin() -> Mapping[str, frozenset[str]]:
    """Return for each class those that the rules call its nearest kin: one sound may be both."""
    near: defaultdict[str, set[str]] = defaultdict(set)
    for rule in _rules():
        for other in rule.related[:_NEAREST]:
            near[rule.name].add(other)
            near[other].add(rule.name)
    return {name: frozenset(others) for name, others in near.items()}


def _find(text: str, weak: bool, taken: bytearray) -> list[tuple[int, int, _Rule]]:
    found = []
    for rule in _rules():
        if rule.weak is not weak:
            continue
        for match in rule.pattern.finditer(text):
            start, end = match.span()
            if end > start and not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                if rule.name != "-":
                    found.append((start, end, rule))
    return found


def _turns(text: str) -> list[tuple[int, int]]:
    """Return (position, turn number) of each part of a caption, the first at 0."""
    marks = [(match.start(), 1) for match in _LATER.finditer(text)]
    covered = [match.span() for match in _LATER.finditer(text)]
    marks += [
        (match.start(), -1)
        for match in _EARLIER.finditer(text)
        if not any(start <= match.start() < end for start, end in covered)
    ]
    if text.startswith(("after ", "following ")):
        # "After a dog barks, a cat meows": the comma is what divides the two.
        marks = [mark for mark in marks if mark[0] > 0]
        comma = text.find(",")
        if comma > 0:
            marks.append((comma, 1))
    turns, number = [(0, 0)], 0
    for position, step in sorted(marks):
        number += step
        turns.append((position, number))
    return turns


def _renumbered(mentions: tuple[EventMention, ...]) -> tuple[EventMention, ...]:
    """Number the turns from 0 without gaps."""
    order = {old: new for new, old in enumerate(sorted({m.segment for m in mentions}))}
    return tuple(replace(mention, segment=order[mention.segment]) for mention in mentions)


def _clauses(text: str) -> list[int]:
    borders = [match.start() for match in _CLAUSE_END.finditer(text)]
    borders += [match.start() for match in _LATER.finditer(text)]
    return [0, *sorted(borders), len(text)]


def _level(text: str, position: int, borders: list[int]) -> Level:
    first = max(border for border in borders if border <= position)
    last = min((border for border in borders if border > position), default=len(text))
    clause = text[first:last]
    if _QUIET.search(clause):
        return "quiet"
    return "loud" if _LOUD.search(clause) else "normal"


@cache
def _rules() -> tuple[_Rule, ...]:
    path = resources_dir() / "sound_events" / "rules.txt"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        names: dict[str, str] = {}
        rules = []
        for line in lines:
            if line.startswith("@"):
                name, _, pattern = line[1:].partition(" = ")
                names[name] = pattern.strip()
            elif line.strip() and not line.startswith("#"):
                rules.append(_rule(line, names))
    except (OSError, ValueError, KeyError, re.error) as error:
        raise DatasetError(
            f"The words for sounds {path} are missing or damaged ({error}); install the program "
            "again."
        ) from error
    return tuple(rules)


def _rule(line: str, names: dict[str, str]) -> _Rule:
    kind, classes, pattern = (part.strip() for part in line.split(" | ", 2))
    first, _, others = classes.partition(" + ")
    filled = _REFERENCE.sub(lambda match: f"(?:{names[match[1]]})", pattern)
    filled = filled.replace(" ?", r"\s?").replace(" ", r"\s+")
    return _Rule(
        pattern=re.compile(rf"\b(?:{filled})(?!\w)"),
        name=first.strip(),
        related=tuple(name.strip() for name in others.split(" ; ") if name),
        kind=_KINDS.get(kind[-1], "continuous"),
        weak=kind.startswith("w"),
    )
