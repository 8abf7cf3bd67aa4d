"""Figures as people read them: counts, lengths, dates, metrics."""

from __future__ import annotations

import re
from datetime import datetime

from core.wording import count_text as count_text
from core.wording import minus_text as minus_text
from core.wording import rounded_text as rounded_text

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
NOTHING = "–"
# From this length on, in seconds, the times of a sound are told as a clock does.
LONG = 120.0
_LONGEST_RUN = 40
_LONG_RUN = re.compile(rf"[^\s/\\\-]{{{_LONGEST_RUN + 1},}}")


def date_text(seconds: float) -> str:
    """Return seconds since 1970 as local date and time, to the minute: "22 Nov 2026 16:42"."""
    if seconds <= 0:
        return NOTHING
    return _day(datetime.fromtimestamp(seconds), "%Y %H:%M")


def short_date_text(seconds: float, now: float | None = None) -> str:
    """Return a date for narrow columns: time of day within this year, else the year."""
    if seconds <= 0:
        return NOTHING
    then = datetime.fromtimestamp(seconds)
    today = datetime.fromtimestamp(now) if now is not None else datetime.now()
    return _day(then, "%H:%M" if then.year == today.year else "%Y")


def _day(then: datetime, rest: str) -> str:
    # Month names of our own: strftime would take the locale's, and the interface is English.
    return f"{then.day} {_MONTHS[then.month - 1]} {then.strftime(rest)}"


def length_text(seconds: float) -> str:
    """Return a length of sound as "4.2 s", "12 min" or "3.4 h"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"


def clock_text(seconds: float, digits: int = 0) -> str:
    """Return a time as a clock shows it: "0:07", "12:30", "1:02:03"; with `digits` "0:07.2"."""
    whole, part = divmod(max(0, round(seconds * 10**digits)), 10**digits)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    start = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    fraction = f".{part:0{digits}}" if digits else ""
    return f"{start}:{rest:02}{fraction}"


def breakable(text: str) -> str:
    """Let a sentence wrap within names that are longer than a line has room for."""
    return _LONG_RUN.sub(lambda run: "\u200b".join(_pieces(run[0])), text)


def _pieces(run: str) -> list[str]:
    return [run[start : start + _LONGEST_RUN] for start in range(0, len(run), _LONGEST_RUN)]


def span_text(start: float, end: float, digits: int = 2) -> str:
    """Return from when to when a part reaches: in seconds, or late ones as a clock shows them."""
    if end < LONG:
        return f"{start:.{digits}f}–{end:.{digits}f} s"
    return f"{clock_text(start, digits)}–{clock_text(end, digits)}"


def figure_text(name: str, value: float) -> str:
    """Return a validation figure of that name: counts whole, the rest with three digits."""
    return rounded_text(value, 0 if name in _COUNTS else 3)


_COUNTS = {"vocabulary", "distinct_captions"}
METRIC_TITLES = {
    "loss": "loss",
    "total": "total loss",
    "ce": "CE",
    "caption-ntxent": "NT-Xent",
    "audio-text-matching": "audio-text matching",
    "audio-text-ntxent": "audio-text NT-Xent",
    "caption-proxy": "caption proxy",
    "cider_d": "CIDEr-D",
    "cider_d_shuffled": "CIDEr-D, captions dealt to other clips",
    "rouge_l": "ROUGE-L",
    "bleu_1": "BLEU-1",
    "bleu_2": "BLEU-2",
    "bleu_3": "BLEU-3",
    "bleu_4": "BLEU-4",
    "vocabulary": "vocabulary",
    "words_per_caption": "words per caption",
    "distinct_captions": "distinct captions",
}


def best_text(value: float | None, monitor: str) -> str:
    """Return a validation figure; a loss needs no name, other figures do."""
    name = "" if monitor in ("loss", "") else f" {metric_title(monitor)}"
    return NOTHING if value is None else f"{value:.3f}{name}"


def metric_title(name: str) -> str:
    """Name a figure as the field does."""
    head, _, tail = name.partition("/")
    title = METRIC_TITLES.get(head, head)
    return f"{title}: {tail.replace('-', ' ')}" if tail else title


def rough_length_text(seconds: float) -> str:
    """Return a length of time no more exactly than one can tell it beforehand: "12 min"."""
    if seconds < 90:
        return f"{max(10, round(seconds / 10) * 10)} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    if seconds < 36 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.1f} days"


def left_text(seconds: float) -> str:
    """Return how long something still takes: "about 3 min left"."""
    return "a few seconds left" if seconds < 8 else f"about {rough_length_text(seconds)} left"
