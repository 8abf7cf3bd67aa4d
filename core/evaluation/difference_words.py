"""What a difference between two systems comes to, in one sentence that first says if it is shown.

The one place that words differences: the command line, the report and every page take them here.
"""

from __future__ import annotations

from core.evaluation.intervals import Interval
from core.evaluation.registry import METRICS, Metric

NOT_SHOWN = "No difference shown"
_MOST_DIGITS = 3


def difference_sentence(
    metric: str,
    names: tuple[str, str],
    interval: Interval,
    basis: str,
    *,
    shown: bool,
    opening: str = NOT_SHOWN,
    closing: str = "",
) -> str:
    """Say what the second system's figure minus the first's comes to.

    Parameters
    ----------
    metric
        Name of a metric in `METRICS`.
    names
        First and second system.
    interval
        The difference, second minus first, and its 95 % interval.
    basis
        What was looked at, such as "on these 200 clips" or "with 3 seeds".
    shown
        Whether the difference is shown; what is not is told of the sample alone.
    opening
        What is said first of a difference that is not shown.
    closing
        What is said last.
    """
    about = METRICS[metric]
    if interval.value == interval.low == interval.high == 0:
        return f"{names[1]} and {names[0]} do not differ in {about.title} {basis}."
    second, first = about.owner.format(names[1]), about.other_owner.format(names[0])
    amount, ends = _figures(about, interval)
    unit = f"{about.title} points" if about.points else about.unit
    amount = f"{amount} {unit}".rstrip()
    above = interval.value >= 0
    word = about.more if above else about.less
    if shown:
        if about.direction != "none":
            word = "better" if above == (about.direction == "higher") else "worse"
        verb = "are" if about.several else "is"
        told = f"{second} {verb} {word} than {first} by {amount} {basis}"
    else:
        verb = "were" if about.several else "was"
        # Everywhere else more is better.
        hint = " (lower is better)" if about.direction == "lower" else ""
        begin = second[0].lower() + second[1:] if second != names[1] else second
        told = f"{opening}: {begin} {verb} {amount} {word} than {first}{hint} {basis}"
    end = f"; {closing}" if closing else ""
    return f"{told}, 95 % interval {ends}{end}."


def difference_reading(
    metric: str, names: tuple[str, str], interval: Interval, *, shown: bool
) -> str:
    """Say in a few words what a difference, second minus first, comes to: "B is better"."""
    if not shown:
        return NOT_SHOWN.lower()
    about, above = METRICS[metric], interval.value > 0
    if about.direction == "none":
        return f"{names[1]} is {about.more if above else about.less}"
    return f"{names[1] if above == (about.direction == 'higher') else names[0]} is better"


def _figures(about: Metric, interval: Interval) -> tuple[str, str]:
    """Return the difference and its interval told as a gain: the sign follows the word."""
    scale = 100.0 if about.points else 1.0
    sign = 1 if interval.value >= 0 else -1
    value = abs(interval.value) * scale
    low, high = sorted(end * sign * scale for end in (interval.low, interval.high))
    digits = about.digits
    if about.points:
        digits = 1 if high - low >= 0.2 else 2
    # An end that is not zero is told as more than zero: it decides whether a difference is shown.
    enough = range(digits, _MOST_DIGITS + 1)
    ends = [end for end in (low, high) if end]
    digits = next((n for n in enough if all(round(end, n) for end in ends)), digits)
    # Adding zero makes no "-0.0" of a small negative end.
    low, high = round(low, digits) + 0.0, round(high, digits) + 0.0
    return f"{value:.{digits}f}", f"{low:.{digits}f} to {high:.{digits}f}"
