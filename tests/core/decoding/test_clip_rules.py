"""The keyword rules that judge captions of real clips; see tests/benchmarks/starter_clips."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

_FILE = Path(__file__).parents[2] / "benchmarks" / "starter_clips" / "rules.py"


@pytest.fixture(scope="module")
def rules() -> ModuleType:
    spec = importlib.util.spec_from_file_location("clip_rules", _FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["clip_rules"] = module
    spec.loader.exec_module(module)
    return module


def sound(rules: ModuleType, name: str, of: str = "evaluation") -> object:
    return next(clip.sound for clip in rules.load(of) if clip.sound.name == name)


def test_the_sets_share_no_package_and_no_file(rules: ModuleType) -> None:
    sets = [rules.load(name) for name in rules.SETS]
    assert len(sets[0]) >= 150
    assert len(sets[1]) >= 150
    packages = [package for clips in sets for package in {clip.package for clip in clips}]
    assert len(set(packages)) == len(packages)
    hashes = [clip.sha256 for clips in sets for clip in clips]
    assert len(set(hashes)) == len(hashes)


def test_training_recordings_come_from_no_unseen_package(rules: ModuleType) -> None:
    table = Path(__file__).parents[3] / "resources" / "starter" / "clips.csv"
    text = table.read_text(encoding="utf-8")
    for package in rules.load_sources("unseen"):
        assert f"package {package} " not in text


def test_the_unseen_set_keeps_to_its_criteria(rules: ModuleType) -> None:
    clips, sources = rules.load("unseen"), rules.load_sources("unseen")
    assert len(sources) >= 8
    assert all(source.registry in {"debian", "npm", "pypi"} for source in sources.values())
    assert all(source.version and source.licence for source in sources.values())
    assert all(clip.seconds >= 0.65 for clip in clips)
    takes = Counter((clip.package, clip.sound.name) for clip in clips)
    species = {("qabcs-data", "bird call")}
    assert all(count <= 3 for key, count in takes.items() if key not in species)


def test_a_list_that_tells_no_sources_is_of_debian_packages(rules: ModuleType) -> None:
    sources = rules.load_sources("development")
    assert {source.registry for source in sources.values()} == {"debian"}


def test_unseen_rules_only_add_to_the_older_ones(rules: ModuleType) -> None:
    lists = {
        name: json.loads((_FILE.parent / f"{name}.json").read_text(encoding="utf-8"))
        for name in rules.SETS
    }
    older = {**lists["development"]["sounds"], **lists["evaluation"]["sounds"]}
    shared = [name for name in lists["unseen"]["sounds"] if name in older]
    assert len(shared) > 50
    for name in shared:
        rule = lists["unseen"]["sounds"][name]
        assert f"{rule['strict']}|".startswith(f"{older[name]['strict']}|")
        assert f"{rule['lenient']}|".startswith(f"{older[name]['lenient']}|")
        assert set(rule["may"]) >= set(older[name]["may"])


@pytest.mark.parametrize(
    ("name", "caption", "strict", "lenient", "absent"),
    [
        ("drums", "someone strikes a gong and then timpani play", True, True, ("bell",)),
        ("car engine", "a motorboat speeds by", True, True, ()),
        ("cow", "cattle are lowing", True, True, ()),
        ("crow", "a crow calls", True, True, ()),
        ("crow", "a rooster crows", False, False, ()),
        ("owl", "a pigeon coos", False, True, ()),
        ("footsteps", "someone is running on gravel", True, True, ()),
        ("footsteps", "water is running", False, False, ("water",)),
        ("opening a can", "birds can be heard", False, False, ("bird",)),
        ("toilet flush", "a toilet flushes", True, True, ()),
        ("fart", "a person burps", False, True, ()),
        ("saxophone", "a dog barks", False, False, ("animal",)),
        ("cello", "a bell tolls", False, False, ("bell",)),
        ("thunder", "a clap of thunder", True, True, ()),
        ("thunder", "claps of thunder as a crowd claps", True, True, ("crowd",)),
        ("bird song", "the song of birds", True, True, ()),
        ("wind", "the wind howls and whistles", True, True, ("horn",)),
        ("wind", "wind howling", True, True, ()),
        ("jingling", "wind chimes tinkle", True, True, ()),
        ("seagulls", "the cries of gulls", True, True, ()),
        ("steamboat", "the blast of a steam whistle", True, True, ()),
        ("rain", "rain drums on a roof", True, True, ()),
        ("hand saw", "a handsaw cuts wood", True, True, ()),
    ],
)
def test_judgements_of_the_unseen_set(
    rules: ModuleType, name: str, caption: str, strict: bool, lenient: bool, absent: tuple[str, ...]
) -> None:
    verdict = rules.judge(sound(rules, name, "unseen"), caption)
    assert (verdict.strict, verdict.lenient, verdict.absent) == (strict, lenient, absent)


@pytest.mark.parametrize(
    ("name", "caption", "strict", "lenient", "absent"),
    [
        ("rooster", "A rooster crows", True, True, ()),
        ("rooster", "a bird is chirping", False, True, ()),
        ("rooster", "a rooster crows and a person speaks", True, True, ("speech",)),
        ("rooster", "a car engine idles", False, False, ("engine",)),
        ("rain", "water is running", True, True, ()),
        ("helicopter", "an engine hums", False, True, ()),
        ("siren", "a fire engine drives by with its siren on", True, True, ()),
        ("thunder", "thunder rumbles as rain falls", True, True, ()),
        ("cow", "a cow moos", True, True, ()),
        ("cow", "a coward smooches", False, False, ()),
    ],
)
def test_judgements(
    rules: ModuleType, name: str, caption: str, strict: bool, lenient: bool, absent: tuple[str, ...]
) -> None:
    verdict = rules.judge(sound(rules, name), caption)
    assert (verdict.strict, verdict.lenient, verdict.absent) == (strict, lenient, absent)


def test_both_sounds_of_a_mixture_and_their_order(rules: ModuleType) -> None:
    dog, bell = sound(rules, "dog bark"), sound(rules, "bell")
    assert rules.both_named(dog, bell, "a dog barks and a bell rings")
    assert not rules.both_named(dog, bell, "a dog barks")
    assert rules.order_right(dog, bell, "a dog barks followed by a bell ringing")
    assert not rules.order_right(bell, dog, "a dog barks followed by a bell ringing")
    assert rules.order_right(bell, dog, "a dog barks after a bell rings")


@pytest.mark.parametrize("name", ["unseen", "evaluation"])
@pytest.mark.parametrize("step", [41, 97])
def test_pairs_are_of_sounds_that_no_rule_mixes_up(rules: ModuleType, name: str, step: int) -> None:
    chosen = rules.pairs(rules.load(name), 60, step=step)
    assert len(chosen) == 60
    clips = [clip.sha256 for pair in chosen for clip in pair]
    assert len(set(clips)) == len(clips)
    for one, other in chosen:
        assert one.sound is not other.sound
        assert {name for name, _ in one.sound.absent} | {name for name, _ in other.sound.absent}
