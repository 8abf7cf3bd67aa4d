"""Composing scenes at random: what sounds, how often, in which order, how loud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from core.data.starter.recordings import Recording
from core.data.starter.scenes import SCENE_SECONDS, Scene, SceneSound, overlaps, precedes
from core.data.starter.vocabulary import SoundWords

_SHAPES = ("texture", "single", "pair", "triple")
_SHAPE_ODDS = (0.08, 0.27, 0.42, 0.23)
_BACKGROUND_ODDS = 0.4
_MARGIN = 0.1
# The longest a sound of each kind may be played, by the number of sounds in the scene.
_LONGEST = {1: 7.0, 2: 4.5, 3: 3.0}


class Composer:
    """Draws scenes from the recordings of one split.

    Parameters
    ----------
    pool
        The split's recordings by class.
    words
        Vocabulary; its families keep like sounds apart.
    """

    def __init__(
        self, pool: Mapping[str, tuple[Recording, ...]], words: Mapping[str, SoundWords]
    ) -> None:
        self._words = words
        self._events = _by_kind(pool, texture=False)
        self._textures = _by_kind(pool, texture=True)

    def compose(self, scene_id: str, seed: tuple[int, ...]) -> Scene:
        """One scene; the same for the same seed."""
        rng = np.random.default_rng(seed)
        shape = str(rng.choice(_SHAPES, p=_SHAPE_ODDS))
        background: SceneSound | None = None
        if shape == "texture" and self._textures:
            sounds: tuple[SceneSound, ...] = (self._texture(rng, set(), leading=True),)
        else:
            count = {"texture": 1, "single": 1, "pair": 2, "triple": 3}[shape]
            families: set[str] = set()
            if self._textures and rng.random() < _BACKGROUND_ODDS:
                background = self._texture(rng, families, leading=False)
            sounds = self._arranged(rng, count, families)
        if background is not None:
            # Always the softest: that is what makes it the background.
            softest = min(sound.gain_db for sound in sounds)
            background = replace(background, gain_db=_decibels(softest - rng.uniform(5.0, 11.0)))
        return Scene(
            id=scene_id,
            sounds=tuple(sorted(sounds, key=lambda sound: sound.onset)),
            background=background,
            noise_db=_decibels(rng.uniform(-78.0, -60.0)),
            noise_seed=(*seed, 1),
        )

    def _texture(
        self, rng: np.random.Generator, families: set[str], *, leading: bool
    ) -> SceneSound:
        recording = self._draw(rng, self._textures, families)
        gain, level = _loudness(rng) if leading else (0.0, "normal")
        return SceneSound(
            sound=recording.sound,
            recording=recording,
            onsets=(0.0,),
            play_seconds=SCENE_SECONDS,
            skip=_seconds(rng.uniform(0.0, recording.seconds)),
            gain_db=gain,
            level=level,
        )

    def _draw(
        self,
        rng: np.random.Generator,
        pool: Mapping[str, tuple[Recording, ...]],
        families: set[str],
    ) -> Recording:
        """Draw a recording of a class whose family is not in the scene yet; note its family."""
        open_classes = [sound for sound in pool if self._words[sound].family not in families]
        sound = open_classes[rng.integers(len(open_classes))]
        families.add(self._words[sound].family)
        members = pool[sound]
        return members[rng.integers(len(members))]

    def _arranged(
        self, rng: np.random.Generator, count: int, families: set[str]
    ) -> tuple[SceneSound, ...]:
        """Draw `count` sounds and lay them out so that each pair clearly overlaps or follows."""
        for wanted in range(count, 0, -1):
            for _ in range(40):
                taken = set(families)
                parts = [
                    self._planned(rng, self._draw(rng, self._events, taken), wanted)
                    for _ in range(wanted)
                ]
                placed = _place(rng, parts)
                if placed is not None:
                    return placed
        raise AssertionError("one sound always fits")

    def _planned(self, rng: np.random.Generator, recording: Recording, count: int) -> SceneSound:
        """Choose length, repetition and loudness; the first play is put at zero."""
        longest = _LONGEST[count]
        length, skip, plays = recording.seconds, 0.0, 1
        if recording.kind == "steady":
            length = min(length, float(rng.uniform(0.6, 1.0)) * longest)
        elif recording.kind == "bout":
            length = min(length, longest)
        if recording.kind == "steady" and length < recording.seconds:
            skip = float(rng.uniform(0.0, recording.seconds - length))
        if recording.kind == "once" and length <= 1.6 and rng.random() < 0.4:
            plays = int(rng.choice((2, 3, 4), p=(0.5, 0.3, 0.2)))
        elif recording.kind == "bout" and length <= 2.0 and rng.random() < 0.2:
            plays = 2
        pauses = rng.uniform(0.25, 0.9, size=plays - 1)
        onsets = np.concatenate([[0.0], np.cumsum(length + pauses)])
        gain, level = _loudness(rng)
        return SceneSound(
            sound=recording.sound,
            recording=recording,
            onsets=tuple(_seconds(onset) for onset in onsets),
            play_seconds=_seconds(length),
            skip=_seconds(skip),
            gain_db=gain,
            level=level,
        )


def _by_kind(
    pool: Mapping[str, tuple[Recording, ...]], *, texture: bool
) -> dict[str, tuple[Recording, ...]]:
    chosen = {
        sound: tuple(m for m in members if (m.kind == "background") is texture)
        for sound, members in pool.items()
    }
    return {sound: members for sound, members in sorted(chosen.items()) if members}


def _loudness(rng: np.random.Generator) -> tuple[float, str]:
    """Gain in dB and the word for it; between the words lies a gap that is never drawn."""
    draw = rng.random()
    if draw < 0.22:
        return _decibels(rng.uniform(-17.0, -13.0)), "quiet"
    if draw < 0.36:
        return _decibels(rng.uniform(4.0, 6.0)), "loud"
    return _decibels(rng.uniform(-4.0, 0.0)), "normal"


def _place(rng: np.random.Generator, parts: list[SceneSound]) -> tuple[SceneSound, ...] | None:
    """Choose onsets; None where this draw does not fit or leaves a relation unclear."""
    spans = [part.offset for part in parts]
    room = SCENE_SECONDS - 2 * _MARGIN
    if len(parts) == 1:
        if spans[0] > room:
            return None
        return (_moved(parts[0], _MARGIN + float(rng.uniform(0.0, room - spans[0]))),)
    joins = _joins(rng, len(parts))
    onsets = [0.0]
    for index, together in enumerate(joins, start=1):
        before = onsets[index - 1]
        end = max(onset + span for onset, span in zip(onsets, spans[:index], strict=True))
        if together:
            shorter = min(spans[index], spans[index - 1])
            latest = max(before, before + spans[index - 1] - 0.7 * shorter)
            onsets.append(float(rng.uniform(before, latest)))
        else:
            onsets.append(end + float(rng.uniform(0.2, 1.8)))
    total = max(onset + span for onset, span in zip(onsets, spans, strict=True))
    if total > room:
        return None
    start = _MARGIN + float(rng.uniform(0.0, room - total))
    placed = [_moved(part, start + onset) for part, onset in zip(parts, onsets, strict=True)]
    for first in range(len(placed)):
        for second in range(first + 1, len(placed)):
            together = all(joins[first:second])
            a, b = placed[first], placed[second]
            if not (overlaps(a, b) if together else precedes(a, b)):
                return None
    return tuple(placed)


def _joins(rng: np.random.Generator, count: int) -> tuple[bool, ...]:
    """For each sound but the first: does it overlap the one before it?"""
    if count == 2:
        return (bool(rng.random() < 0.45),)
    patterns = ((False, False), (True, False), (False, True), (True, True))
    return patterns[int(rng.choice(4, p=(0.45, 0.22, 0.22, 0.11)))]


def _moved(part: SceneSound, by: float) -> SceneSound:
    return replace(part, onsets=tuple(_seconds(onset + by) for onset in part.onsets))


def _seconds(value: float) -> float:
    return round(float(value), 3)


def _decibels(value: float) -> float:
    return round(float(value), 1)
