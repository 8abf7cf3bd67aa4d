"""The clips, the keyword rules, and what they say of a caption. See README.md beside this file."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
SETS = ("unseen", "evaluation", "development")
_BACKWARDS = re.compile(r"\b(?:after|preceded by|following)\b")


@dataclass(frozen=True)
class Sound:
    """What a caption of one kind of sound should, and should not, say."""

    name: str
    strict: re.Pattern[str]
    lenient: re.Pattern[str]
    absent: tuple[tuple[str, re.Pattern[str]], ...]

    def absent_in(self, caption: str) -> tuple[str, ...]:
        """Groups of plainly absent sounds that the caption names."""
        text = caption.lower()
        return tuple(name for name, pattern in self.absent if pattern.search(text))

    def place(self, caption: str) -> int | None:
        """Where the caption first names the sound or its family; None where it does not."""
        match = self.lenient.search(caption.lower())
        return None if match is None else match.start()


@dataclass(frozen=True)
class NamedClip:
    """A file of a package, and the sound that its name promises."""

    package: str
    file: str
    sha256: str
    seconds: float
    sound: Sound

    def path(self, folder: Path) -> Path:
        """Where `fetch.py` put it."""
        return folder / self.package / self.file


@dataclass(frozen=True)
class Source:
    """Where a package comes from: debian, npm or pypi, in which version, under which licence."""

    registry: str
    version: str
    licence: str


@dataclass(frozen=True)
class Verdict:
    """What the rules say of one caption."""

    strict: bool
    lenient: bool
    absent: tuple[str, ...]


def load(name: str) -> tuple[NamedClip, ...]:
    """Read one of the `SETS`."""
    data = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    groups = {group: re.compile(pattern) for group, pattern in data["groups"].items()}
    sounds = {
        sound: Sound(
            sound,
            _words(rule["strict"]),
            _words(f"{rule['strict']}|{rule['lenient']}"),
            tuple((group, groups[group]) for group in groups if group not in rule["may"]),
        )
        for sound, rule in data["sounds"].items()
    }
    return tuple(
        NamedClip(
            clip["package"], clip["file"], clip["sha256"], clip["seconds"], sounds[clip["sound"]]
        )
        for clip in data["clips"]
    )


def load_sources(name: str) -> dict[str, Source]:
    """Return the packages of a set; a list that tells none is of Debian packages."""
    data = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    told = data.get("sources", {})
    packages = dict.fromkeys(clip["package"] for clip in data["clips"])
    return {
        package: Source(**told.get(package, {"registry": "debian", "version": "", "licence": ""}))
        for package in packages
    }


def judge(sound: Sound, caption: str) -> Verdict:
    """Judge a caption of a clip of one sound."""
    text = caption.lower()
    strict = sound.strict.search(text) is not None
    return Verdict(strict, sound.lenient.search(text) is not None, sound.absent_in(text))


def both_named(first: Sound, second: Sound, caption: str) -> bool:
    """Whether a caption of a mixture names both sounds, or their families, with words of each."""
    text = caption.lower()
    firsts = {match.span() for match in first.lenient.finditer(text)}
    seconds = {match.span() for match in second.lenient.finditer(text)}
    return bool(firsts - seconds) and bool(seconds - firsts)


def order_right(first: Sound, second: Sound, caption: str) -> bool:
    """Whether a caption that names both tells them in the order they sounded."""
    text = caption.lower()
    firsts = {match.span() for match in first.lenient.finditer(text)}
    seconds = {match.span() for match in second.lenient.finditer(text)}
    ahead = min(firsts - seconds) < min(seconds - firsts)
    backwards = _BACKWARDS.search(text)
    if backwards is not None:
        between = sorted((min(firsts - seconds)[0], min(seconds - firsts)[0]))
        if between[0] < backwards.start() < between[1]:
            return not ahead
    return ahead


def pairs(
    clips: Sequence[NamedClip], count: int, step: int
) -> tuple[tuple[NamedClip, NamedClip], ...]:
    """Choose pairs for mixtures by a fixed walk: sounds that no rule could take for each other.

    Clips of at least 1 s are walked in file order; each is joined with the first later one, from
    `step` places on, whose groups are all others. No clip stands in two pairs; every second pair
    is turned round.
    """
    long = [clip for clip in clips if clip.seconds >= 1.0]
    used: set[int] = set()
    chosen: list[tuple[NamedClip, NamedClip]] = []
    every = max(1, len(long) // (2 * count))
    for place in range(0, len(long), every):
        if place in used or len(chosen) == count:
            continue
        for ahead in range(step, step + len(long)):
            other = (place + ahead) % len(long)
            if other in used or other == place:
                continue
            if _apart(long[place].sound, long[other].sound):
                used |= {place, other}
                pair = (long[place], long[other])
                chosen.append(pair[::-1] if len(chosen) % 2 else pair)
                break
    return tuple(chosen)


def _apart(one: Sound, other: Sound) -> bool:
    """Whether neither's groups are among what may be in the other, and no rule is shared."""
    absent_one = {name for name, _ in one.absent}
    absent_other = {name for name, _ in other.absent}
    everything = absent_one | absent_other
    may_one, may_other = everything - absent_one, everything - absent_other
    shared = _alternatives(one.lenient) & _alternatives(other.lenient)
    return bool(may_one) and bool(may_other) and not may_one & may_other and not shared


def _alternatives(pattern: re.Pattern[str]) -> set[str]:
    return set(re.sub(r"\\b|\\w|[()?*:]", "", pattern.pattern).split("|"))


def _words(alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{alternatives})\b")
