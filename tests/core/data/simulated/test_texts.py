from __future__ import annotations

from core.data.simulated.texts import (
    SHORT_STYLE,
    audiocaps_captions,
    clauses,
    simulated_texts,
    sound_clauses,
)
from core.data.sound_events import mentioned_events
from core.data.tokenizer import split_words


def test_captions_are_many_distinct_and_without_gender() -> None:
    captions = audiocaps_captions()
    assert len(captions) > 40_000
    assert len(set(captions)) == len(captions)
    words = {word for caption in captions[:5000] for word in caption.split()}
    assert not words & {"man", "woman", "she", "girl"}


def test_every_clause_names_a_sound() -> None:
    phrases = [*clauses(), *(part for parts in sound_clauses().values() for part in parts)]
    silent = [
        phrase.finite
        for phrase in phrases
        if not mentioned_events(phrase.finite) or not mentioned_events(phrase.gerund)
    ]
    assert silent == []


def test_the_same_seed_gives_the_same_texts() -> None:
    first, again = simulated_texts(3, 50, 50), simulated_texts(3, 50, 50)
    assert first == again
    assert len(first) == 100
    assert first != simulated_texts(4, 50, 50)


def test_templates_of_two_sounds_tell_their_order() -> None:
    texts = [text.caption for text in simulated_texts(0, 0, 300)]
    later = [text for text in texts if " and then " in text]
    assert later
    for text in later[:20]:
        assert {mention.segment for mention in mentioned_events(text)} == {0, 1}, text


def test_the_word_of_the_short_style_is_in_no_text() -> None:
    assert split_words(SHORT_STYLE) != [SHORT_STYLE]
