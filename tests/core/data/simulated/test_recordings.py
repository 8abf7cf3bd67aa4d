from __future__ import annotations

import numpy as np
import pytest

from core.data.simulated.recordings import BANK, MIXED, VALIDATION, RecordedClips
from core.data.sound_events import mentioned_events
from core.errors import DatasetError


@pytest.fixture(scope="module")
def recorded() -> RecordedClips:
    return RecordedClips(20, with_people=False)


def test_validation_uses_recordings_of_its_own(recorded: RecordedClips) -> None:
    def files(split: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for clip in recorded.clips(split):
            for part in recorded.parts(clip):
                found.setdefault(part.recording.sound, set()).add(part.recording.file)
        return found

    train, held = files(BANK), files(VALIDATION)
    shared = {sound for sound in held if held[sound] & train.get(sound, set())}
    assert all(len(train[sound] | held[sound]) == 1 for sound in shared)


def test_clips_are_the_same_each_time(recorded: RecordedClips) -> None:
    again = RecordedClips(20, with_people=False)
    assert recorded.clips(MIXED) == again.clips(MIXED)
    assert recorded.fingerprint(MIXED) == again.fingerprint(MIXED)
    clip = recorded.clips(MIXED)[3]
    assert np.array_equal(recorded.load_audio(clip, 16_000), again.load_audio(clip, 16_000))


def test_pairs_follow_each_other_or_sound_together(recorded: RecordedClips) -> None:
    for number, clip in enumerate(recorded.clips(MIXED)):
        first, second = recorded.parts(clip)
        turns = {mention.segment for mention in mentioned_events(clip.captions[0])}
        assert turns == ({0, 1} if number % 2 else {0}), clip.captions[0]
        assert (second.onset >= min(first.recording.seconds, 4.5)) is bool(number % 2)


def test_variants_are_sounds_of_sane_level(recorded: RecordedClips) -> None:
    for clip in recorded.clips(BANK)[:12]:
        sound = recorded.load_audio(clip, 16_000)
        assert sound.dtype == np.float32
        assert np.isfinite(sound).all()
        assert 0.01 < np.abs(sound).max() <= 0.95 + 1e-6


def test_an_unknown_split_is_one_sentence(recorded: RecordedClips) -> None:
    with pytest.raises(DatasetError, match="no split 'other'"):
        recorded.clips("other")
