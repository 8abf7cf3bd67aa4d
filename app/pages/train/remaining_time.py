"""How long a run will still take, told from what it has shown since it was last begun.

Epochs with another loss have another pace: one that was seen counts as measured, one that only
comes later is judged by what a contrastive term usually costs. Validations count for themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from core.config import RunConfig

if TYPE_CHECKING:
    from app.runs.history import RunHistory

# What an epoch with contrast costs where only epochs without were seen, or the other way round.
CONTRAST_COSTS = 1.5
# What a validation costs where none was seen, in epochs without contrast.
CHECK_COSTS = 0.2
_FEWEST_STEPS = 10
_SHORTEST = 3.0

Terms = tuple[str, ...]


def terms_at(config: RunConfig, epoch: int) -> Terms:
    """Return the contrastive terms that are computed in an epoch, counted from 0."""
    return tuple(item.name for item in config.objectives if item.counts_in(epoch))


def stretches(config: RunConfig, epochs: int) -> Iterator[tuple[int, int, Terms]]:
    """Yield (first epoch, epoch after the last, terms) of each stretch with the same loss."""
    edges = {0, epochs}
    for item in config.objectives:
        edges |= {min(item.start_epoch, epochs), min(item.end_epoch or epochs, epochs)}
    ordered = sorted(edges)
    for first, last in pairwise(ordered):
        yield first, last, terms_at(config, first)


def usual_cost(terms: Terms) -> float:
    """Return what an epoch with these terms costs, in epochs without any."""
    return 1.0 + (CONTRAST_COSTS - 1.0) * len(terms)


def checks_between(config: RunConfig, first: int, last: int) -> int:
    """Count the validations after the epochs from `first` to before `last`, the run's end."""
    every = config.validation.every_epochs
    return last // every - first // every + (last > first and last % every > 0)


def remaining_seconds(history: RunHistory, config: RunConfig | None) -> float | None:
    """Return the seconds to go, or None while too little has been seen to tell."""
    started = history.started
    if started is None or config is None:
        return None
    per_epoch = max(1, started.steps_per_epoch)
    steps, elapsed = history.steps.column("step"), history.steps.column("elapsed")
    row = int(steps.searchsorted(started.step, side="right"))
    if row >= steps.size:
        return None
    checks = history.validations
    check_steps, check_seconds = checks.column("step"), checks.column("seconds")
    seen_checks = check_seconds[check_steps > started.step]
    check = float(seen_checks.mean()) if seen_checks.size else None

    shown: dict[Terms, list[float]] = {}
    ahead: dict[Terms, int] = {}
    for first, last, terms in stretches(config, started.epochs):
        bounds = steps.searchsorted([first * per_epoch, last * per_epoch], side="right")
        low, high = (max(row, int(bound)) for bound in bounds)
        if high > low + 1:
            inside = (check_steps >= steps[low]) & (check_steps < steps[high - 1])
            spent = float(elapsed[high - 1] - elapsed[low])
            spent -= float(check_seconds[inside].sum())
            known = shown.setdefault(terms, [0.0, 0.0])
            known[0] += max(0.0, spent)
            known[1] += float(steps[high - 1] - steps[low])
        left = last * per_epoch - max(history.step, first * per_epoch)
        ahead[terms] = ahead.get(terms, 0) + max(0, left)
    seconds = sum(known[0] for known in shown.values())
    count = sum(known[1] for known in shown.values())
    if count < _FEWEST_STEPS or float(elapsed[-1] - elapsed[row]) < _SHORTEST:
        return None
    # The pace of a step without contrast, were all terms as dear as usual.
    pace = seconds / sum(known[1] * usual_cost(terms) for terms, known in shown.items())
    total = 0.0
    for terms, left in ahead.items():
        spent, taken = shown.get(terms, (0.0, 0.0))
        total += left * (spent / taken if taken >= _FEWEST_STEPS else pace * usual_cost(terms))
    if check is None:
        check = CHECK_COSTS * pace * per_epoch
    return total + check * checks_between(config, history.step // per_epoch, started.epochs)
