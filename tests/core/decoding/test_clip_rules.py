"""The keyword rules that judge captions of real clips; see tests/benchmarks/starter_clips."""

from __future__ import annotations

import importlib.util
import sys
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


def sound(rules: ModuleType, name: str) -> object:
    return next(clip.sound for clip in rules.load("evaluation") if clip.sound.name == name)


def test_the_sets_share_no_package_and_no_file(rules: ModuleType) -> None:
    evaluation, development = rules.load("evaluation"), rules.load("development")
    assert len(evaluation) >= 150
    assert not {clip.package for clip in evaluation} & {clip.package for clip in development}
    hashes = [clip.sha256 for clip in (*evaluation, *development)]
    assert len(set(hashes)) == len(hashes)


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


def test_pairs_are_of_sounds_that_no_rule_mixes_up(rules: ModuleType) -> None:
    chosen = rules.pairs(rules.load("evaluation"), 60, step=41)
    assert len(chosen) == 60
    clips = [clip.sha256 for pair in chosen for clip in pair]
    assert len(set(clips)) == len(clips)
    for one, other in chosen:
        assert one.sound is not other.sound
        assert {name for name, _ in one.sound.absent} | {name for name, _ in other.sound.absent}
