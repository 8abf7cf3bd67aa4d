from __future__ import annotations

import numpy as np
import pytest

from core.data.sound_events import mentioned_events
from core.decoding.agreement import agreement, consensus, predicted_sounds, repeats_content_word
from core.decoding.clip_tags import ClipTags

NAMES = ("Speech", "Dog", "Bark", "Rain", "Siren", "Animal", "Music")


def heard(**strengths: float) -> ClipTags:
    return ClipTags(np.array([strengths.get(name, 0.0) for name in NAMES], np.float32), NAMES)


def test_what_is_named_and_heard_agrees() -> None:
    tags = heard(Dog=0.9, Bark=0.8, Animal=0.9)
    right = agreement("a dog barks", tags)
    wrong = agreement("a siren wails", tags)
    assert right.precision > 0.8
    assert right.coverage > 0.8
    assert right.precision > wrong.precision
    assert wrong.coverage == 0.0


def test_an_extra_sound_costs_precision_and_a_missing_one_coverage() -> None:
    tags = heard(Dog=0.9, Bark=0.9, Rain=0.8)
    both = agreement("a dog barks while rain falls", tags)
    one = agreement("a dog barks", tags)
    extra = agreement("a dog barks and a person speaks", tags)
    assert both.coverage > one.coverage
    assert one.precision > extra.precision
    assert extra.weakest < 0.1 < one.weakest
    assert (one.named, both.named) == (1, 2)


def test_a_caption_that_names_nothing_agrees_with_nothing() -> None:
    nothing = agreement("something makes a noise", heard(Dog=0.9))
    assert (nothing.precision, nothing.coverage, nothing.named) == (0.0, 0.0, 0)


def test_silence_is_covered_by_nothing() -> None:
    assert agreement("a dog barks", heard()).coverage == 0.0


def test_a_short_loud_sound_counts_about_as_much_as_a_long_one() -> None:
    logits = np.full((20, len(NAMES)), -8.0, np.float32)
    logits[3:8, 1] = 4.0
    logits[:, 3] = 4.0
    tags = ClipTags.from_logits(logits, NAMES)
    assert tags.strength("Dog") == pytest.approx(tags.strength("Rain"), rel=0.01)
    assert tags.strength("Siren") < 0.01
    assert tags.strength("no such class") == 0.0


def test_the_strongest_leave_out_what_is_not_particular() -> None:
    tags = heard(Animal=0.9, Dog=0.6, Rain=0.7, Siren=0.1)
    assert [name for name, _ in tags.strongest(2)] == ["Rain", "Dog"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("explosions and explosions", True),
        ("an explosion and more explosions occur", True),
        ("a dog barks and a dog growls", True),
        ("a dog barks then a cat meows then the dog barks", False),
        ("a person speaks while the rain falls on the roof", False),
        ("", False),
    ],
)
def test_a_content_word_said_twice_is_found_but_not_after_then(text: str, expected: bool) -> None:
    assert repeats_content_word(text) is expected


def test_sounds_told_in_the_order_they_are_heard() -> None:
    logits = np.full((10, len(NAMES)), -8.0, np.float32)
    logits[:4, 1:3] = 4.0
    logits[6:, 3] = 4.0
    tags = ClipTags.from_logits(logits, NAMES)
    assert agreement("a dog barks followed by rain falling", tags).order == pytest.approx(1.0)
    assert agreement("rain falls and then a dog barks", tags).order == pytest.approx(-1.0)
    assert agreement("a dog barks while rain falls", tags).order == 0.0
    assert agreement("a dog barks, then rain falls", heard(Dog=0.9, Rain=0.9)).order == 0.0


def test_consensus_is_high_for_what_most_captions_name() -> None:
    found = consensus(["a dog barks", "a dog is barking", "a siren wails", "something happens"])
    assert found[0] == pytest.approx(2 / 4)
    assert found[0] == pytest.approx(found[1])
    assert found[0] > found[2] > found[3] == 0.0
    assert consensus([]) == []


def test_tags_of_one_sound_are_expected_once() -> None:
    tags = heard(Dog=0.9, Bark=0.8, Rain=0.6)
    assert predicted_sounds(tags) == [
        (frozenset({"Dog", "Bark"}), pytest.approx(0.9)),
        (frozenset({"Rain"}), pytest.approx(0.6)),
    ]
    assert agreement("rain falls", tags).coverage == pytest.approx(0.6 / 1.5)


def test_of_faint_sounds_and_of_many_only_the_clearest_are_expected() -> None:
    def expected(**strengths: float) -> list[str]:
        return [name for names, _ in predicted_sounds(heard(**strengths)) for name in names]

    assert expected(Rain=0.09) == [], "hardly heard at all"
    assert expected(Dog=0.9, Rain=0.24, Siren=0.2) == ["Dog", "Rain"], "a quarter of the loudest"
    others = {"Dog": 0.9, "Rain": 0.8, "Siren": 0.7, "Cat": 0.6}
    tags = ClipTags(np.array(list(others.values()), np.float32), tuple(others))
    assert [name for names, _ in predicted_sounds(tags) for name in names] == [
        "Dog",
        "Rain",
        "Siren",
    ]


def test_a_time_is_the_middle_of_a_class_in_the_clip() -> None:
    logits = np.full((10, len(NAMES)), -30.0, np.float32)
    logits[4, 1] = logits[0, 3] = logits[9, 3] = 30.0
    tags = ClipTags.from_logits(logits, NAMES)
    assert tags.times is not None
    assert tags.times[[1, 3]] == pytest.approx([0.45, 0.5])


@pytest.mark.parametrize(
    ("apart", "weaker", "expected"), [(0.4, 0.9, 1.0), (0.1, 0.9, 0.5), (0.4, 0.25, 0.5)]
)
def test_order_counts_less_for_sounds_close_together_or_hardly_heard(
    apart: float, weaker: float, expected: float
) -> None:
    strengths = np.array([0.0, 0.9, 0.0, weaker, 0.0, 0.0, 0.0], np.float32)
    times = np.full(len(NAMES), 0.2, np.float32)
    times[3] += apart
    tags = ClipTags(strengths, NAMES, times)
    assert agreement("a dog barks and then rain falls", tags).order == pytest.approx(expected)


def test_a_related_class_supports_less_than_the_class_itself() -> None:
    itself = agreement("rain falls", heard(Rain=0.8)).precision
    names = mentioned_events("rain falls")[0].related[:2]
    related = [
        agreement("rain falls", ClipTags(np.array([0.8], np.float32), (name,))).precision
        for name in names
    ]
    assert [itself, *related] == pytest.approx([0.8, 0.72, 0.64])


def test_consensus_counts_the_shared_sounds_of_both_captions() -> None:
    # One of one and one of two sounds are shared: two thirds, seen from either side.
    one, two = consensus(["a dog barks", "a dog barks while rain falls"])
    assert one == two == pytest.approx((1 + 2 / 3) / 2)
