"""The values of curves as CSV: one line a step or validation, one column a figure."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

from app.pages.train.history import RunHistory

_FIRST = ("step", "epoch", "elapsed")


def curves_csv(runs: Sequence[tuple[str, RunHistory]]) -> str:
    """Return every raw value of the runs; "elapsed" is in seconds of training."""
    tables = [
        (title, split, table)
        for title, history in runs
        for split, table in (("training", history.steps), ("validation", history.validations))
    ]
    names = {name for _, _, table in tables for name in table.names} - {*_FIRST, "number"}
    figures = sorted(names)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["run", "split", *_FIRST, *figures])
    for title, split, table in tables:
        columns = [table.column(name) for name in (*_FIRST, *figures)]
        for row in range(table.length):
            writer.writerow([title, split, *(_cell(column[row]) for column in columns)])
    return text.getvalue()


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.8g}"
