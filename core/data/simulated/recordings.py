"""Real clips: named recordings as they are, altered, and mixed in pairs."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from core.data.clips import Clip
from core.data.simulated.altering import VARIANTS, altered, levelled, repeated
from core.data.simulated.named_sounds import AllSounds
from core.data.simulated.texts import Text, audiocaps_captions, sound_clauses, template
from core.data.sound_events import mentioned_events
from core.data.starter.recordings import Recording
from core.data.starter.splits import split_recordings
from core.errors import DatasetError

BANK, MIXED, VALIDATION = "bank", "mixed", "validation"
# Raise it with every change that alters a clip.
VERSION = 2
_MOST_SECONDS = 11.0


@dataclass(frozen=True, slots=True)
class Part:
    """One recording in a clip: which variant of it, from when on, how much louder (dB)."""

    recording: Recording
    variant: int
    onset: float
    gain_db: float


class RecordedClips:
    """The real clips of a simulated training, as a dataset whose features can be extracted.

    Splits: ``bank`` holds variants of single recordings, ``mixed`` pairs of them, ``validation``
    singles and pairs of recordings that the others do not use (but of classes with only one).

    Parameters
    ----------
    pairs
        How many mixtures ``mixed`` holds.
    with_people
        Whether single sounds are also captioned by what people wrote in AudioCaps.
    """

    name = "starter-simulated"
    splits = (BANK, MIXED, VALIDATION)

    def __init__(
        self,
        pairs: int,
        *,
        with_people: bool = True,
    ) -> None:
        self.library = AllSounds()
        pools = split_recordings(self.library.recordings)
        held = {r.file for part in pools["validation"].values() for r in part}
        seen = {r.file for part in pools["train"].values() for r in part}
        self._training = [r for r in self.library.recordings if r.file not in held - seen]
        self._validation = [r for r in self.library.recordings if r.file in held]
        self._exact = _exact_captions() if with_people else {}
        self._parts: dict[str, tuple[Part, ...]] = {}
        self._texts: dict[str, tuple[Text, ...]] = {}
        self._clips = {
            BANK: self._singles(BANK, self._training, VARIANTS),
            MIXED: self._pairs(MIXED, self._training, pairs),
            VALIDATION: (
                *self._singles(VALIDATION, self._validation, 1),
                *self._pairs(VALIDATION, self._validation, 90),
            ),
        }

    def clips(self, split: str) -> tuple[Clip, ...]:
        """All clips of a split. Raises `DatasetError` for one that there is not."""
        try:
            return self._clips[split]
        except KeyError:
            raise DatasetError(f"The simulated data have no split '{split}'.") from None

    def texts(self, clip: Clip) -> tuple[Text, ...]:
        """The captions of a clip with their style."""
        return self._texts[clip.id]

    def parts(self, clip: Clip) -> tuple[Part, ...]:
        """The recordings in a clip, in order of onset."""
        return self._parts[clip.id]

    def load_audio(self, clip: Clip, sample_rate: int) -> NDArray[np.float32]:
        """Mix a clip: (n,) at `sample_rate` Hz, peak at most 0.95."""
        parts = self._parts[clip.id]
        sounds = [self._varied(part, sample_rate) for part in parts]
        starts = [round(part.onset * sample_rate) for part in parts]
        length = max(start + len(sound) for start, sound in zip(starts, sounds, strict=True))
        mix = np.zeros(min(length, round(_MOST_SECONDS * sample_rate)), np.float32)
        for start, sound in zip(starts, sounds, strict=True):
            placed = sound[: max(0, len(mix) - start)]
            mix[start : start + len(placed)] += placed
        return mix / max(1.0, float(np.abs(mix).max()) / 0.95)

    def fingerprint(self, split: str) -> str:
        """Hash of everything that a split's clips depend on."""
        ids = [(clip.id, clip.captions) for clip in self.clips(split)]
        parts = (VERSION, hashlib.sha256(self.library.table_bytes).hexdigest(), ids)
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def _singles(
        self, split: str, recordings: Sequence[Recording], variants: int
    ) -> tuple[Clip, ...]:
        return tuple(
            self._clip(split, (Part(recording, variant, 0.0, 0.0),), "together")
            for recording in recordings
            for variant in range(variants)
        )

    def _pairs(self, split: str, recordings: Sequence[Recording], count: int) -> tuple[Clip, ...]:
        rng = np.random.default_rng((VERSION, len(recordings), count))
        by_class: dict[str, list[Recording]] = {}
        for recording in recordings:
            by_class.setdefault(recording.sound, []).append(recording)
        sounds = sorted(by_class)
        clips = []
        for number in range(count):
            chosen = [
                by_class[sounds[index]][rng.integers(len(by_class[sounds[index]]))]
                for index in rng.choice(len(sounds), 2, replace=False)
            ]
            variants = rng.integers(VARIANTS, size=2)
            gain = float(rng.uniform(-5, 5))
            order = "then" if number % 2 else "together"
            length = min(chosen[0].seconds, 4.5)
            onset = length + rng.uniform(0.05, 0.6) if order == "then" else rng.uniform(0, 0.5)
            parts = (
                Part(chosen[0], int(variants[0]), 0.0, 0.0),
                Part(chosen[1], int(variants[1]), round(float(onset), 3), round(gain, 2)),
            )
            clips.append(self._clip(split, parts, order, number))
        return tuple(clips)

    def _clip(self, split: str, parts: tuple[Part, ...], order: str, number: int = 0) -> Clip:
        stems = "+".join(
            f"{part.recording.file.rpartition('/')[2].removesuffix('.ogg')}-{part.variant}"
            for part in parts
        )
        clip_id = f"{split}-{number:04d}-{stems}"
        texts = self._captions(clip_id, parts, order)
        self._parts[clip_id], self._texts[clip_id] = parts, texts
        seconds = max(part.onset + part.recording.seconds for part in parts)
        return Clip(
            id=clip_id,
            captions=tuple(text.caption for text in texts),
            duration=min(seconds, _MOST_SECONDS),
            tags=tuple(part.recording.sound for part in parts),
        )

    def _captions(self, clip_id: str, parts: Sequence[Part], order: str) -> tuple[Text, ...]:
        """Write captions in both styles; people's own where some name just this sound."""
        rng = np.random.default_rng(zlib.crc32(clip_id.encode()))
        clauses = [sound_clauses()[part.recording.sound] for part in parts]
        texts = []
        for short in (True, True, True, False, False):
            phrases = [options[rng.integers(len(options))] for options in clauses]
            texts.append(template(rng, phrases, order, short))
        if len(parts) == 1:
            own = self._exact.get(_classes(clauses[0][0].finite), ())
            texts += [Text(own[i]) for i in rng.permutation(len(own))[:3]]
        return tuple(dict.fromkeys(texts))

    def _varied(self, part: Part, sample_rate: int) -> NDArray[np.float32]:
        """Return a recording's variant: variant 0 is as recorded, the others are altered."""
        sound = self.library.samples(part.recording, sample_rate)
        seed = zlib.crc32(f"{part.recording.file}-{part.variant}".encode())
        rng = np.random.default_rng(seed)
        sound = altered(sound, part.variant, rng, sample_rate)
        sound = sound[: round(4.5 * sample_rate)] if part.onset == 0 else sound
        sound = repeated(sound, part.variant, rng, sample_rate)
        return levelled(sound, part.variant, rng, part.gain_db)


def _classes(caption: str) -> frozenset[str]:
    return frozenset(mention.name for mention in mentioned_events(caption))


@cache
def _exact_captions() -> dict[frozenset[str], tuple[str, ...]]:
    """Return AudioCaps' captions by the set of sounds that they name."""
    found: dict[frozenset[str], list[str]] = {}
    for caption in audiocaps_captions():
        if len(caption.split()) <= 9:
            found.setdefault(_classes(caption), []).append(caption)
    return {classes: tuple(captions[:40]) for classes, captions in found.items()}
