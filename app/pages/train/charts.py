"""Which figures there are to look at, and where they stand in a run's history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.pages.train.history import RunHistory, Table

Floats = NDArray[np.float64]

X_AXES = {"step": "Step", "epoch": "Epoch", "elapsed": "Training time (s)"}


@dataclass(frozen=True)
class Chart:
    """One chart: its columns are found by exact names or, for "contrast", by kind."""

    key: str
    label: str
    axis: str
    hint: str
    smoothed: bool = True


CHARTS = (
    Chart("total", "Total", "total loss", "Weighted sum of all loss terms"),
    Chart(
        "ce",
        "CE",
        "cross-entropy",
        "Cross-entropy of the words; in training with label smoothing, in validation without",
    ),
    Chart("contrast", "Contrast", "contrastive loss", "The contrastive term before its weight"),
    Chart("cider_d", "CIDEr-D", "CIDEr-D", "Caption metric on validation clips; higher is better"),
    Chart(
        "learning_rate", "Learning rate", "learning rate", "Learning rate of AdamW", smoothed=False
    ),
    Chart(
        "gradient_norm", "Gradient norm", "gradient norm", "Norm of all gradients before clipping"
    ),
)


_NO_FIGURES = {"step", "epoch", "elapsed", "number"}


def other_figures(histories: Iterable[RunHistory]) -> list[str]:
    """Return the figures of these runs that have no chart of their own."""
    names: set[str] = set()
    known = {chart.key for chart in CHARTS} | _NO_FIGURES
    for history in histories:
        names |= {*history.steps.names, *history.validations.names} - set(history.contrasts[:1])
    return sorted(names - known)


def figure_chart(name: str) -> Chart:
    """Return the chart of a figure that has none of its own."""
    label = name.split("/")[-1].replace("_", " ").replace("-", " ")
    return Chart(name, label[:1].upper() + label[1:], label, f"Figure {name} of the run")


def column_of(chart: Chart, history: RunHistory) -> str:
    """Return the name of the chart's column, "" when the run has no such figure."""
    if chart.key == "contrast":
        return history.contrasts[0] if history.contrasts else ""
    return chart.key


@dataclass
class Line:
    """Points of one line: positions and values of equal length."""

    x: Floats
    y: Floats


def training_line(history: RunHistory, chart: Chart, axis: str) -> Line | None:
    """Return the raw training values of a chart, or None if the run has none."""
    return _line(history, history.steps, chart, axis)


def validation_line(history: RunHistory, chart: Chart, axis: str) -> Line | None:
    """Return the validation values of a chart, or None if the run has none."""
    return _line(history, history.validations, chart, axis)


def _line(history: RunHistory, table: Table, chart: Chart, axis: str) -> Line | None:
    name = column_of(chart, history)
    if name not in table.names or not table.length:
        return None
    y = table.column(name)
    if not np.isfinite(y).any():
        return None
    return Line(table.column(axis), y)
