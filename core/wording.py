"""Counts in the sentences that the command line, the engine and the window say."""

from __future__ import annotations


def count_text(number: int, one: str, many: str = "") -> str:
    """Return "1 clip" or "1,200 clips"; `many` defaults to `one` with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
