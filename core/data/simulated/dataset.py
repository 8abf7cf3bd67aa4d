"""The dataset of a training on simulated tags."""

from __future__ import annotations

import hashlib
from collections import Counter
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.data.clips import Clip
from core.data.simulated.recordings import BANK, MIXED, VALIDATION, RecordedClips
from core.data.simulated.texts import (
    SHORT_STYLE,
    Text,
    audiocaps_captions,
    clauses,
    simulated_texts,
    sound_clauses,
)
from core.data.tokenizer import SPECIAL_TOKENS, UNK, Tokenizer, split_words
from core.errors import DatasetError

TRAIN = "train"
# The encoder whose tags are simulated.
ENCODER = "yamnet-tags"
# A word of AudioCaps must stand in so many captions; those of templates always count.
_LEAST_COUNT = 4
# How often a real clip of the second stage is shown for each time that it is there.
_SINGLES_SHOWN, _PAIRS_SHOWN = 4, 2
# Real recordings have faint wrong tags: the second stage teaches to leave them unnamed.
_MOST_SOUNDS = {False: 4, True: 3}
_VERSION = 2


class SimulatedStarter:
    """Captions whose tags are simulated anew each time they are shown.

    Parameters
    ----------
    real
        Whether real recordings and their mixtures are shown as well (the second stage).
    people, templates, pairs
        How many captions of AudioCaps, captions from templates and mixtures there are.
    most_real
        Show at most so many of the real clips.
    seed
        Seed of what is drawn once: which captions, which templates.
    """

    splits = (TRAIN, VALIDATION)

    def __init__(
        self,
        *,
        real: bool = False,
        people: int | None = None,
        templates: int | None = None,
        pairs: int = 3_600,
        most_real: int | None = None,
        seed: int = 0,
    ) -> None:
        self.real = real
        self.name = "starter-mixed" if real else "starter-simulated"
        # All of AudioCaps at first; the second stage needs fewer beside its real clips.
        usual = (14_000, 7_000) if real else (60_000, 16_000)
        self._people = usual[0] if people is None else people
        self._templates = usual[1] if templates is None else templates
        self._pairs = pairs
        self._most_real = most_real
        self._seed = seed

    @cached_property
    def recorded(self) -> RecordedClips:
        """The real clips, whose features are extracted as those of any dataset."""
        return RecordedClips(self._pairs)

    @cached_property
    def texts(self) -> tuple[Text, ...]:
        """The captions whose tags are simulated."""
        drawn = simulated_texts(self._seed, self._people, self._templates, _MOST_SOUNDS[self.real])
        # A caption with a word that is not in the vocabulary would teach to say so.
        return tuple(text for text in drawn if UNK not in self.tokenizer.encode(text.caption))

    @cached_property
    def shown(self) -> tuple[tuple[str, tuple[Text, ...]], ...]:
        """Clip id and captions of every real clip that is shown, as often as it is shown."""
        if not self.real:
            return ()
        bank, mixed = self.recorded.clips(BANK), self.recorded.clips(MIXED)
        # Classes with many recordings are shown less often for each.
        often = Counter(clip.tags[0] for clip in bank)
        usual = sorted(often.values())[len(often) // 2] if often else 1
        shown: list[tuple[str, tuple[Text, ...]]] = []
        for clips, times in ((bank, _SINGLES_SHOWN), (mixed, _PAIRS_SHOWN)):
            for clip in clips:
                count = times * usual / often[clip.tags[0]] if len(clip.tags) == 1 else times
                shown += [(clip.id, self.recorded.texts(clip))] * max(1, min(8, round(count)))
        if self._most_real is not None and self._most_real < len(shown):
            rng = np.random.default_rng(self._seed)
            shown = [shown[i] for i in rng.choice(len(shown), self._most_real, replace=False)]
        return tuple(shown)

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The vocabulary of both stages, with the word that begins captions of the short style."""
        own = Counter(word for text in audiocaps_captions() for word in split_words(text))
        frequent = {word for word, count in own.items() if count >= _LEAST_COUNT}
        phrases = [*clauses(), *(part for parts in sound_clauses().values() for part in parts)]
        written = {
            word
            for phrase in phrases
            for form in (phrase.finite, phrase.gerund, phrase.progressive)
            for word in split_words(f"{form} followed by, and then before while with")
        }
        words = sorted(frequent | written, key=lambda word: (-own[word], word))
        return Tokenizer((*SPECIAL_TOKENS, SHORT_STYLE, *words))

    def clips(self, split: str) -> tuple[Clip, ...]:
        """All clips of a split; simulated ones have no duration. Raises `DatasetError`."""
        if split == VALIDATION:
            return self.recorded.clips(VALIDATION)
        if split != TRAIN:
            raise DatasetError(f"The dataset '{self.name}' has no split '{split}'.")
        simulated = (
            Clip(id=f"simulated-{number:05d}", captions=(text.caption,), duration=0.0)
            for number, text in enumerate(self.texts)
        )
        real = (
            Clip(
                id=f"real-{number:05d}",
                captions=tuple(text.caption for text in texts),
                duration=0.0,
            )
            for number, (_, texts) in enumerate(self.shown)
        )
        return (*simulated, *real)

    def load_audio(self, clip: Clip, sample_rate: int) -> NDArray[np.float32]:
        """Samples of a validation clip; simulated clips have no sound.

        Raises `DatasetError` for those.
        """
        if clip.id.startswith("simulated-"):
            raise DatasetError(f"The clip '{clip.id}' is made of tags alone and has no sound.")
        return self.recorded.load_audio(clip, sample_rate)

    def fingerprint(self, split: str) -> str:
        """Hash of everything that a split depends on."""
        if split == VALIDATION:
            return self.recorded.fingerprint(VALIDATION)
        parts = (_VERSION, self._seed, self.real, self.texts, self.shown)
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    @classmethod
    def rehearsal(cls, count: int) -> SimulatedStarter:
        """Return `count` clips for a fine-tuning to go over again: a third of them real ones."""
        real = count // 3
        people = 3 * (count - real) // 4
        return cls(
            real=True, people=people, templates=count - real - people, pairs=0, most_real=real
        )

    def limited(self, train: int) -> SimulatedStarter:
        """Return a smaller dataset of about `train` simulated captions, for quick trials."""
        if not train:
            return self
        return SimulatedStarter(
            real=self.real,
            people=3 * train // 4,
            templates=train // 4,
            pairs=train // 20,
            seed=self._seed,
        )
