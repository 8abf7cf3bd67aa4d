"""Which figures there are to look at, and where they stand in a run's history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.runs.history import RunHistory

X_AXES = {"step": "Step", "epoch": "Epoch", "elapsed": "Training time"}


@dataclass(frozen=True)
class Chart:
    """One chart: its columns are found by exact names, or by what a contrastive term calls them.

    `second` is a further figure that is drawn fainter beside the first.
    """

    key: str
    label: str
    axis: str
    hint: str
    smoothed: bool = True
    of_contrast: bool = False
    second: str = ""


CHARTS = (
    Chart("total", "Total", "total loss", "Weighted sum of all loss terms"),
    Chart(
        "ce",
        "CE",
        "cross-entropy",
        "Cross-entropy of the words; in training with label smoothing, in validation without",
    ),
    Chart(
        "contrast",
        "Contrast",
        "contrastive loss",
        "The contrastive term before its weight",
        of_contrast=True,
    ),
    Chart(
        "positive-similarity",
        "Similarity",
        "similarity",
        "Mean similarity of positive pairs; fainter, that of negative pairs",
        of_contrast=True,
        second="negative-similarity",
    ),
    Chart(
        "recall@1",
        "Recall",
        "recall@1",
        "How often a validation caption finds its own clip first; fainter, among the first ten",
        of_contrast=True,
        second="recall@10",
    ),
    Chart("cider_d", "CIDEr-D", "CIDEr-D", "Caption metric on validation clips; higher is better"),
    Chart("learning_rate", "Rate", "learning rate", "Learning rate of AdamW", smoothed=False),
    Chart("gradient_norm", "Gradient", "gradient norm", "Norm of all gradients before clipping"),
    Chart("examples_per_second", "Speed", "clips per second", "Clips trained on per second"),
)

_NO_FIGURES = {"step", "epoch", "elapsed", "number", "seconds"}


def other_figures(histories: Iterable[RunHistory]) -> list[str]:
    """Return the figures of these runs that have no chart of their own."""
    names: set[str] = set()
    for history in histories:
        shown = {column for chart in CHARTS for column in columns_of(chart, history)}
        names |= {*history.steps.names, *history.validations.names} - shown
    return sorted(names - _NO_FIGURES)


def figure_chart(name: str) -> Chart:
    """Return the chart of a figure that has none of its own."""
    term, _, figure = name.rpartition("/")
    label = figure.replace("_", " ").replace("-", " ")
    axis = f"{label} of {term}" if term else label
    return Chart(name, label[:1].upper() + label[1:], axis, f"Figure {name} of the run")


def columns_of(chart: Chart, history: RunHistory) -> list[str]:
    """Return the names of the chart's columns, none when the run has no such figure."""
    if not chart.of_contrast:
        return [chart.key]
    if not history.contrasts:
        return []
    term = history.contrasts[0]
    if chart.key == "contrast":
        return [term]
    return [f"{term}/{name}" for name in (chart.key, chart.second) if name]
