"""Which words of two captions differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a caption; `differs` when the other captions do not have it in this place."""

    text: str
    differs: bool


def mark_differences(captions: Sequence[str | None]) -> list[list[Word]]:
    """Compare each caption with the first one, word by word and without regard to case.

    A word of the first caption is marked when any other lacks it, a word of another caption when
    the first lacks it. None (not captioned yet) gives no words and is compared with nothing.
    """
    words = [caption.split() if caption else [] for caption in captions]
    marks = [[False] * len(tokens) for tokens in words]
    if captions and captions[0] is not None:
        for index in range(1, len(words)):
            if captions[index] is not None:
                _mark(words[0], words[index], marks[0], marks[index])
    return [
        [Word(text, mark) for text, mark in zip(tokens, flags, strict=True)]
        for tokens, flags in zip(words, marks, strict=True)
    ]


def _mark(
    first: list[str], other: list[str], first_marks: list[bool], other_marks: list[bool]
) -> None:
    matcher = SequenceMatcher(
        None, [word.casefold() for word in first], [word.casefold() for word in other], False
    )
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        if kind == "equal":
            continue
        first_marks[start:end] = [True] * (end - start)
        other_marks[other_start:other_end] = [True] * (other_end - other_start)
