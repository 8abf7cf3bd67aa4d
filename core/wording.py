"""Counts, negative numbers, days and slips of the keyboard, as all of the program says them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from datetime import date

# Names of our own: strftime would take the locale's, and the interface is English.
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_NEGATIVE = re.compile(r"(?<![\w.)-])-(?=\d)")


def count_text(number: int, one: str, many: str = "") -> str:
    """Return "1 clip" or "1,200 clips"; `many` defaults to `one` with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def rounded_text(value: float, digits: int, sign: bool = False) -> str:
    """Return a number with so many decimals, such as "+0.05" with a `sign`, and never "−0.00"."""
    # Adding zero takes the sign from a zero.
    rounded = round(value, digits) + 0.0
    text = f"{rounded:+,.{digits}f}" if sign and rounded else f"{rounded:,.{digits}f}"
    return text.replace("-", "−")


def minus_text(text: str) -> str:
    """Return a sentence whose negative numbers have a minus, not a hyphen, as all figures have."""
    return _NEGATIVE.sub("−", text)


def day_text(day: date) -> str:
    """Return a day as "22 Nov"."""
    return f"{day.day} {MONTHS[day.month - 1]}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean clotho?" for a word that is nearly one of those known, else ""."""
    by_lower = {name.lower(): name for name in known}
    # What begins so: "starter" for "starter-scenes".
    close = [name for name in by_lower if len(word) >= 3 and name.startswith(word.lower())]
    close = close or difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f"; did you mean {by_lower[close[0]]}?" if close else ""


def choice_text(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean clotho?", or for a word like none "; choose one of: clotho, macs."."""
    names = list(known)
    return did_you_mean(word, names) or f"; choose one of: {', '.join(names)}."
