"""The English function words that a caption may repeat."""

from __future__ import annotations

from functools import lru_cache

from core.paths import resources_dir


@lru_cache(maxsize=1)
def english_stopwords() -> frozenset[str]:
    """Return the stopwords of ``resources/stopwords/english.txt``, where their source is named."""
    text = (resources_dir() / "stopwords" / "english.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.split())
