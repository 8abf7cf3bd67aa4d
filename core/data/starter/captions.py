"""Five different captions for a scene, each true of what is rendered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from core.data.starter import patterns
from core.data.starter.scenes import SCENE_SECONDS, Scene, SceneSound, overlaps, precedes
from core.data.starter.vocabulary import SoundWords

CAPTIONS = 5
WORDS_MIN, WORDS_MAX = 8, 20

_SLOT = re.compile(r"\{([A-Z])(?:\.([a-z]))?\}")
_PLURAL = {
    "is": "are",
    "comes": "come",
    "dies": "die",
    "gives": "give",
    "goes": "go",
    "mixes": "mix",
    "overlaps": "overlap",
}
_SUBJECT = re.compile(rf"\{{([A-Z])\.n\}} ({'|'.join(_PLURAL)})\b")
_THERE_IS = re.compile(r"there is \{([A-Z])\.n\}")
_WORD = re.compile(r"[a-z']+")
_HOW_OFTEN = {
    2: ("twice", "two times"),
    3: ("three times", "repeatedly"),
    4: ("four times", "repeatedly", "several times"),
}
# A series that is itself played again has no number, only more than one.
_AGAIN = ("repeatedly", "again and again")
_SOFTLY = ("softly", "quietly", "faintly")
_FAR = ("in the distance", "far away")
_LOUDLY = ("loudly", "very loudly")
_FAINT = ("soft", "faint", "distant")
# Words that may stand twice in a caption; any other word heard twice sounds like a mistake.
_MAY_REPEAT = frozenset(
    (
        "a", "an", "the", "of", "and", "is", "are", "in", "to", "on", "with", "by", "at", "it",
        "be", "being", "for", "from", "some", "their", "then", "there", "up", "or", "off", "down",
    )
)  # fmt: skip
_ATTEMPTS = 400


def write_captions(
    scene: Scene, words: Mapping[str, SoundWords], seed: tuple[int, ...]
) -> tuple[str, ...]:
    """Write five captions of 8 to 20 words that differ in pattern and in words.

    The same scene and seed give the same captions.
    """
    rng = np.random.default_rng(seed)
    choices, under = _choices(scene)
    found: list[str] = []
    used: set[str] = set()
    for attempt in range(_ATTEMPTS):
        # Nobody need mention the background every time, but two of the five do.
        among = under if len(found) < 2 and attempt < _ATTEMPTS // 2 else choices
        pattern = among[rng.integers(len(among))]
        # Where the patterns of a scene run out, the words alone must make the difference.
        if pattern in used and attempt < _ATTEMPTS // 2:
            continue
        caption = _Writer(scene, words, rng).write(pattern)
        if _acceptable(caption, strict=attempt < 0.9 * _ATTEMPTS) and caption not in found:
            found.append(caption)
            used.add(pattern)
            if len(found) == CAPTIONS:
                return tuple(found)
    raise AssertionError(f"scene {scene.id} has too few captions")


def _acceptable(caption: str, *, strict: bool) -> bool:
    said = _WORD.findall(caption.lower())
    if not WORDS_MIN <= len(said) <= WORDS_MAX:
        return False
    if not strict:
        return True
    telling = [_stem(word) for word in said if word not in _MAY_REPEAT]
    return len(set(telling)) == len(telling) and not any(a == b for a, b in pairwise(said))


def _stem(word: str) -> str:
    for ending in ("ing", "es", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)].rstrip("e")
    return word.rstrip("e")


def _choices(scene: Scene) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """All patterns that are true of the scene, and those of them that tell of its background."""
    sounds = scene.sounds
    core = {1: _for_one, 2: _for_two, 3: _for_three}[len(sounds)](scene)
    if scene.background is None or len(sounds) == 1:
        return core, core
    under = [frame.replace("{S}", c) for c in core for frame in patterns.UNDER_AFTER]
    under += [
        frame.replace("{S}", c)
        for c in core
        if c.startswith("{")
        for frame in patterns.UNDER_BEFORE
    ]
    return (*under, *core), tuple(under)


def _for_one(scene: Scene) -> tuple[str, ...]:
    (sound,) = scene.sounds
    if scene.background is not None:
        return patterns.OVER
    if sound.offset - sound.onset >= 0.93 * SCENE_SECONDS and sound.plays == 1:
        return patterns.THROUGHOUT
    choices: tuple[str, ...] = patterns.ALONE
    if sound.onset >= 1.5:
        choices += patterns.ALONE_QUIET_BEFORE
    if SCENE_SECONDS - sound.offset >= 1.5:
        choices += patterns.ALONE_QUIET_AFTER
    if sound.offset <= 3.5:
        choices += patterns.ALONE_AT_START
    if sound.onset >= 6.5:
        choices += patterns.ALONE_AT_END
    if _counted(sound):
        choices += patterns.COUNTED
    return choices


def _for_two(scene: Scene) -> tuple[str, ...]:
    a, b = scene.sounds
    if precedes(a, b):
        return patterns.THEN
    if a.gain_db - b.gain_db >= 9.0:
        return patterns.WHILE + patterns.BEHIND
    if b.gain_db - a.gain_db >= 9.0:
        return patterns.WHILE + tuple(_swapped(p) for p in patterns.BEHIND)
    return patterns.WHILE


def _swapped(pattern: str) -> str:
    return pattern.replace("{A.", "{x.").replace("{B.", "{A.").replace("{x.", "{B.")


def _for_three(scene: Scene) -> tuple[str, ...]:
    a, b, c = scene.sounds
    if overlaps(a, b):
        return patterns.ALL_TOGETHER if overlaps(b, c) else patterns.WHILE_THEN
    return patterns.THEN_WHILE if overlaps(b, c) else patterns.THEN_THEN


def _counted(sound: SceneSound) -> bool:
    return sound.plays > 1 and sound.recording.kind == "once"


class _Writer:
    """Fills one pattern."""

    def __init__(
        self, scene: Scene, words: Mapping[str, SoundWords], rng: np.random.Generator
    ) -> None:
        self._sounds = dict(zip("ABC", scene.sounds, strict=False))
        if scene.background is not None:
            self._sounds["G"] = scene.background
        self._words = words
        self._rng = rng

    def write(self, pattern: str) -> str:
        agreeing = _THERE_IS.sub(self._there_is, _SUBJECT.sub(self._subject, pattern))
        text = _SLOT.sub(lambda m: self._slot(m.group(1), m.group(2)), agreeing)
        text = re.sub(r"\s+", " ", text).strip()
        return text[0].upper() + text[1:] + "."

    def _subject(self, match: re.Match[str]) -> str:
        text, plural = self._noun(match.group(1))
        return f"{text} {_PLURAL[match.group(2)] if plural else match.group(2)}"

    def _there_is(self, match: re.Match[str]) -> str:
        text, plural = self._noun(match.group(1))
        return f"there {'are' if plural else 'is'} {text}"

    def _slot(self, name: str, form: str) -> str:
        if form == "n":
            return self._noun(name)[0]
        sound = self._sounds[name]
        words = self._words[sound.sound]
        if form == "o":
            return self._pick(words.places)
        if form == "w":
            return self._pick(_HOW_OFTEN[sound.plays])
        clause = words.clauses[self._rng.integers(len(words.clauses))]
        verb = clause.finite
        if form == "g":
            verb = clause.gerund
        elif form in "pt":
            verb = f"{'are' if clause.plural else 'is'} {clause.gerund}"
        manner = "" if form in "st" else self._manner(sound, words)
        return f"{clause.subject} {verb}{manner}"

    def _manner(self, sound: SceneSound, words: SoundWords) -> str:
        if sound.plays > 1:
            options = _HOW_OFTEN[sound.plays] if _counted(sound) else _AGAIN
        elif sound.level == "quiet":
            options = {"no": _SOFTLY, "yes": _SOFTLY + _FAR, "only": _FAR}[words.distance]
        elif sound.level == "loud":
            options = _LOUDLY
        else:
            return ""
        return f" {self._pick(options)}" if self._rng.random() < 0.75 else ""

    def _noun(self, name: str) -> tuple[str, bool]:
        sound = self._sounds[name]
        words = self._words[sound.sound]
        noun = words.nouns[self._rng.integers(len(words.nouns))]
        text = noun.text
        # "The faint barking of a dog", but not "a faint axe": what is soft is the sound.
        if sound.level != "normal" and not text.startswith(("a ", "an ")):
            faint = {"no": _FAINT[:2], "yes": _FAINT, "only": _FAINT[1:]}[words.distance]
            adjective = "loud" if sound.level == "loud" else self._pick(faint)
            if self._rng.random() < 0.5:
                text = (
                    f"the {adjective} {text.removeprefix('the ')}"
                    if text.startswith("the ")
                    else f"{adjective} {text}"
                )
        return text, noun.plural

    def _pick(self, options: tuple[str, ...]) -> str:
        return options[self._rng.integers(len(options))]
