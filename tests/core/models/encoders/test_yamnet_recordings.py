"""YAMNet hears what is in real recordings: the starter sounds, by class."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core.audio.encoder import AudioEncoder
from core.audio.files import read_audio
from core.models.encoders import load_encoder
from core.paths import resources_dir

SOUNDS = resources_dir() / "starter" / "sounds"

# What a right tag is; parents that would fit almost anything ("Animal", "Vehicle") do not count.
RIGHT = {
    "dog_bark": {"Dog", "Bark", "Bow-wow", "Yip"},
    "cat_meow": {"Cat", "Meow"},
    "rooster": {"Chicken, rooster", "Crowing, cock-a-doodle-doo"},
    "crow": {"Crow", "Caw"},
    "cow": {"Moo", "Cattle, bovinae"},
    "sheep": {"Sheep", "Bleat"},
    "horse_neigh": {"Neigh, whinny", "Horse"},
    "birdsong": {"Bird", "Bird vocalization, bird call, bird song", "Chirp, tweet"},
    "crickets": {"Cricket", "Insect"},
    "rain": {"Rain", "Rain on surface", "Raindrop"},
    "thunder": {"Thunder", "Thunderstorm"},
    "stream": {"Stream", "Water", "Trickle, dribble", "Gurgling"},
    "waves": {"Waves, surf", "Ocean"},
    "applause": {"Applause", "Clapping"},
    "baby_cry": {"Baby cry, infant cry", "Crying, sobbing"},
    "laughter": {"Laughter", "Snicker", "Giggle", "Chuckle, chortle", "Belly laugh"},
    "speech": {"Speech"},
    "siren": {"Siren", "Police car (siren)", "Emergency vehicle"},
    "engine": {"Engine", "Idling", "Medium engine (mid frequency)"},
    "helicopter": {"Helicopter"},
    "church_bell": {"Church bell", "Bell", "Change ringing (campanology)"},
    "clock_ticking": {"Tick-tock", "Clock", "Tick"},
    "explosion": {"Explosion", "Boom", "Burst, pop"},
    "guitar": {"Guitar", "Plucked string instrument", "Acoustic guitar"},
    "piano": {"Piano", "Keyboard (musical)"},
}
PRESENT = [name for name in RIGHT if any((SOUNDS / name).glob("*.ogg"))]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> AudioEncoder:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AAC_STUDIO_HOME", str(tmp_path_factory.mktemp("home")))
        return load_encoder("yamnet")


def best_tags(encoder: AudioEncoder, path: Path) -> list[str]:
    samples = torch.from_numpy(read_audio(path, encoder.sample_rate).samples)
    tags = encoder.encode(samples).tag_probabilities.topk(5).indices
    return [encoder.tag_names[tag] for tag in tags]


def test_there_are_enough_recordings_to_tell() -> None:
    assert len(PRESENT) >= 8


@pytest.mark.parametrize("name", PRESENT)
def test_most_recordings_of_a_class_are_heard_as_such(encoder: AudioEncoder, name: str) -> None:
    heard = {path.name: best_tags(encoder, path) for path in sorted((SOUNDS / name).glob("*.ogg"))}
    right = [path for path, tags in heard.items() if RIGHT[name] & set(tags)]
    assert len(right) >= len(heard) / 2, heard
