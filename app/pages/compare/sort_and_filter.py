"""Which clips are shown, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from app.pages.compare.results import ResultsModel

GAIN = -1


@dataclass(frozen=True, slots=True)
class Order:
    """By what the table is sorted; `system` matters for "system" alone."""

    key: Literal["source", "clip", "system", "gain", "disagreement"] = "source"
    descending: bool = False
    system: int = 0


@dataclass(frozen=True, slots=True)
class ClipFilter:
    """Only clips with all of `words`, the tag, differing captions and figures in a range.

    `figure_of` is the number of a system, `GAIN` for the gain, None for no range.
    """

    words: tuple[str, ...] = ()
    differing: bool = False
    tag: str = ""
    figure_of: int | None = None
    low: float = float("-inf")
    high: float = float("inf")

    @property
    def parts(self) -> int:
        """How many conditions beside the words there are."""
        return self.differing + bool(self.tag) + (self.figure_of is not None)


def arrange(model: ResultsModel) -> list[int]:
    """Return the numbers of the rows to show, in order."""
    wanted = model.filter
    shown = list(range(len(model.rows)))
    if wanted.figure_of is not None:
        values = model.gains() if wanted.figure_of == GAIN else model.figures.get(wanted.figure_of)
        if values is not None:
            inside = (values >= wanted.low) & (values <= wanted.high)
            shown = [int(number) for number in np.flatnonzero(inside)]
    rows = model.rows
    if wanted.tag:
        shown = [number for number in shown if wanted.tag in rows[number].clip.tags]
    if wanted.words:
        shown = [n for n in shown if all(word in rows[n].text for word in wanted.words)]
    if wanted.differing:
        shown = [number for number in shown if rows[number].differs]
    return _sorted(model, shown)


def _sorted(model: ResultsModel, shown: list[int]) -> list[int]:
    order, rows = model.order, model.rows
    if order.key == "source":
        return shown
    if order.key == "clip":
        names = {number: rows[number].clip.title.casefold() for number in shown}
        return sorted(shown, key=names.__getitem__, reverse=order.descending)
    keys: dict[int, float]
    if order.key == "disagreement":
        keys = {number: rows[number].disagreement for number in shown}
    else:
        values = model.gains() if order.key == "gain" else model.figures.get(order.system)
        if values is not None:
            keys = {number: float(values[number]) for number in shown}
        elif order.key == "system":
            keys = {number: _log_prob(model, number, order.system) for number in shown}
        else:
            return shown
    # What has no figure stands last in both directions.
    known = [number for number in shown if np.isfinite(keys[number])]
    rest = [number for number in shown if not np.isfinite(keys[number])]
    return sorted(known, key=keys.__getitem__, reverse=order.descending) + rest


def _log_prob(model: ResultsModel, number: int, system: int) -> float:
    captions = model.rows[number].captions
    told = captions[system] if system < len(captions) else None
    return float("nan") if told is None or told.log_prob is None else told.log_prob
