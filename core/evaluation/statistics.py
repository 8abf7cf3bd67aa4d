"""Statistics of the captions alone: vocabulary, length, diversity."""

from __future__ import annotations

from collections.abc import Sequence

from core.evaluation.ptb import tokenize

STATISTICS = ("vocabulary", "words_per_caption", "distinct_captions")


def caption_statistics(candidates: Sequence[str]) -> dict[str, float]:
    """Return the corpus statistics named in `STATISTICS`; no captions give zeros.

    ``vocabulary`` is the number of distinct words, ``words_per_caption`` the mean length in words,
    ``distinct_captions`` the number of different captions; all after PTB tokenisation.
    """
    words = [tuple(tokenize(candidate)) for candidate in candidates]
    return {
        "vocabulary": float(len({word for caption in words for word in caption})),
        "words_per_caption": sum(map(len, words)) / max(1, len(words)),
        "distinct_captions": float(len(set(words))),
    }


def words_in(candidates: Sequence[str]) -> list[float]:
    """Return the number of words of each caption."""
    return [float(len(tokenize(candidate))) for candidate in candidates]
