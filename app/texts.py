"""Figures as people read them: counts, lengths, dates, metrics."""

from __future__ import annotations

from datetime import datetime

NOTHING = "–"


def count_text(number: int, one: str, many: str = "") -> str:
    """Return "1 clip" or "1,200 clips"; `many` defaults to `one` with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def date_text(seconds: float) -> str:
    """Return seconds since 1970 as local date and time, to the minute."""
    if seconds <= 0:
        return NOTHING
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


def length_text(seconds: float) -> str:
    """Return a length of sound as "4.2 s", "12 min" or "3.4 h"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"


def value_text(value: float | None, digits: int = 3) -> str:
    """Return a figure with fixed digits, or a dash where there is none."""
    return NOTHING if value is None else f"{value:.{digits}f}"


METRIC_TITLES = {
    "loss": "loss",
    "total": "total loss",
    "ce": "CE",
    "caption-ntxent": "NT-Xent",
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


def metric_title(name: str) -> str:
    """Name a figure as the field does."""
    return METRIC_TITLES.get(name, name)
