"""Scenes: the same every time, made alone, and mixed as their composition says."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.clips import Clip, Dataset
from core.data.datasets import dataset_names, open_dataset
from core.data.starter import StarterScenes
from core.data.starter.scenes import SCENE_SECONDS, overlaps, precedes
from core.data.starter.splits import SPLITS, split_recordings
from core.errors import DatasetError


@pytest.fixture(scope="module")
def dataset() -> StarterScenes:
    return StarterScenes(sizes=(300, 40, 40))


def test_the_registry_opens_it_in_full() -> None:
    assert "starter-scenes" in dataset_names()
    opened = open_dataset("starter-scenes")
    assert isinstance(opened, Dataset)
    assert (opened.name, opened.splits) == ("starter-scenes", SPLITS)
    assert [len(opened.clips(split)) for split in opened.splits] == [1500, 200, 200]
    with pytest.raises(DatasetError, match="no dataset named 'nonsense'"):
        open_dataset("nonsense")


def test_unknown_split_and_clip_are_named(dataset: StarterScenes) -> None:
    with pytest.raises(DatasetError, match="no split 'dev'"):
        dataset.clips("dev")
    with pytest.raises(DatasetError, match="'train-x'"):
        dataset.scene("train-x")


def test_the_same_twice_alone_and_as_a_prefix(dataset: StarterScenes) -> None:
    small = StarterScenes(sizes=(8, 3, 3))
    for split in SPLITS:
        clips = small.clips(split)
        assert clips == dataset.clips(split)[: len(clips)]
    clip = dataset.clips("test")[2]
    assert np.array_equal(small.load_audio(clip, 16_000), dataset.load_audio(clip, 16_000))


def test_seed_and_split_make_a_difference(dataset: StarterScenes) -> None:
    other = StarterScenes(seed=1, sizes=(8, 3, 3))
    assert other.clips("train") != dataset.clips("train")[:8]
    assert other.fingerprint("train") != StarterScenes(sizes=(8, 3, 3)).fingerprint("train")
    prints = {dataset.fingerprint(split) for split in SPLITS}
    assert len(prints) == 3
    assert dataset.fingerprint("train") == StarterScenes(sizes=(300, 1, 1)).fingerprint("train")
    assert dataset.fingerprint("train") != StarterScenes(sizes=(299, 1, 1)).fingerprint("train")


def test_clips_tell_what_is_in_them(dataset: StarterScenes) -> None:
    for clip in dataset.clips("train")[:50]:
        scene = dataset.scene(clip.id)
        assert clip.tags == scene.tags
        assert clip.source is None
        assert clip.duration == SCENE_SECONDS
    assert dataset.clips("train")[1].id == "train-0001"


def test_each_split_plays_only_its_recordings(dataset: StarterScenes) -> None:
    pools = split_recordings(dataset.library.recordings)
    for split in SPLITS:
        allowed = {r.file for members in pools[split].values() for r in members}
        for clip in dataset.clips(split)[:40]:
            scene = dataset.scene(clip.id)
            every = [*scene.sounds, *([scene.background] if scene.background else [])]
            assert {sound.recording.file for sound in every} <= allowed


def test_compositions_are_varied_and_clear(dataset: StarterScenes) -> None:
    counts, repeated, together, apart, over = set(), 0, 0, 0, 0
    for clip in dataset.clips("train"):
        scene = dataset.scene(clip.id)
        counts.add(len(scene.sounds))
        over += scene.background is not None
        assert len(set(scene.tags)) == len(scene.tags)
        for sound in scene.sounds:
            repeated += sound.plays > 1
            assert sound.plays <= 4
            assert 0.0 <= sound.onset < sound.offset <= SCENE_SECONDS
            assert sound.skip + sound.play_seconds <= sound.recording.seconds + 0.01 or (
                sound.recording.kind == "background"
            )
            if scene.background is not None:
                assert scene.background.gain_db <= sound.gain_db - 4.0
        for index, a in enumerate(scene.sounds):
            for b in scene.sounds[index + 1 :]:
                assert overlaps(a, b) != precedes(a, b)
                together += overlaps(a, b)
                apart += precedes(a, b)
    assert counts == {1, 2, 3}
    assert min(repeated, together, apart, over) >= 30


@pytest.mark.parametrize("sample_rate", [16_000, 32_000])
def test_rendering(dataset: StarterScenes, sample_rate: int) -> None:
    clips: list[Clip] = [
        clip for clip in dataset.clips("train")[:60] if not dataset.scene(clip.id).background
    ][:12]
    assert clips
    for clip in clips:
        scene = dataset.scene(clip.id)
        audio = dataset.load_audio(clip, sample_rate)
        assert audio.dtype == np.float32
        assert audio.shape == (round(SCENE_SECONDS * sample_rate),)
        assert 0.01 < float(np.abs(audio).max()) <= 0.9501
        quiet = np.ones(len(audio), dtype=bool)
        for sound in scene.sounds:
            for onset in sound.onsets:
                first = round(onset * sample_rate)
                last = first + round(sound.play_seconds * sample_rate)
                quiet[first:last] = False
                played = audio[first:last]
                assert np.sqrt(np.mean(played**2)) > 2 * 10 ** (scene.noise_db / 20)
        if quiet.any():
            assert np.abs(audio[quiet]).max() < 10 * 10 ** (scene.noise_db / 20)


def test_gain_is_what_the_composition_says(dataset: StarterScenes) -> None:
    levels: dict[str, list[float]] = {"quiet": [], "normal": [], "loud": []}
    for clip in dataset.clips("train"):
        for sound in dataset.scene(clip.id).sounds:
            levels[sound.level].append(sound.gain_db)
    assert max(levels["quiet"]) < min(levels["normal"]) - 6
    assert max(levels["normal"]) < min(levels["loud"]) - 2


def test_backgrounds_never_pause(dataset: StarterScenes) -> None:
    textures = [
        clip
        for clip in dataset.clips("train")
        if dataset.scene(clip.id).sounds[0].recording.kind == "background"
    ]
    assert textures
    for clip in textures[:6]:
        audio = dataset.load_audio(clip, 16_000)
        loudness = np.sqrt((audio.reshape(-1, 8000) ** 2).mean(axis=1))
        floor = 10 ** (dataset.scene(clip.id).noise_db / 20)
        assert loudness.min() > 0.9 * floor
        assert np.median(loudness) > 3 * floor
