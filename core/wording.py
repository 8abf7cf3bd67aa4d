"""Counts and days in the sentences that the command line, the engine and the window say."""

from __future__ import annotations

from datetime import date

# Names of our own: strftime would take the locale's, and the interface is English.
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def count_text(number: int, one: str, many: str = "") -> str:
    """Return "1 clip" or "1,200 clips"; `many` defaults to `one` with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def day_text(day: date) -> str:
    """Return a day as "22 Nov"."""
    return f"{day.day} {MONTHS[day.month - 1]}"
