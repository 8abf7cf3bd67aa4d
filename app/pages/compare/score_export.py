"""The tables of scores as Markdown, LaTeX and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence

from app.pages.compare.rows import LETTERS
from app.pages.compare.score_tables import (
    Pair,
    ScoreRow,
    ScoreTable,
    differences,
    interval_text,
    p_text,
    value_text,
    verdict,
)
from app.pages.compare.scoring import SystemsScored
from app.texts import count_text
from core.evaluation.comparison import PairedDifference
from core.evaluation.registry import METRICS

_ESCAPES = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "−": "$-$",
    "<": "$<$",
    "·": r"\textperiodcentered{}",
}


def scores_markdown(table: ScoreTable, found: SystemsScored, where: str) -> str:
    """Return both tables for a README."""
    lines = [_heading(table, where), ""]
    heads = ["System", *(METRICS[name].title for name in table.metrics)]
    lines += _markdown(heads, [[row.name, *_cells(table, row)] for row in table.rows])
    rows = list(_differences(found))
    if rows:
        lines += ["", "Paired differences over the same clips.", ""]
        lines += _markdown(_HEADS, rows)
    return "\n".join(lines) + "\n"


def _heading(table: ScoreTable, where: str) -> str:
    clips = count_text(table.clips, "clip")
    return f"Scores on {where}, {clips}, with 95 % bootstrap intervals."


def scores_latex(table: ScoreTable, found: SystemsScored, where: str) -> str:
    """Return both tables as LaTeX (booktabs)."""
    heads = ["System", *(METRICS[name].title for name in table.metrics)]
    rows = [[row.name, *_cells(table, row)] for row in table.rows]
    lines = [f"% {_heading(table, where)}"]
    lines += _latex(heads, rows)
    rows = list(_differences(found))
    if rows:
        lines += ["", "% Paired differences over the same clips.", *_latex(_HEADS, rows)]
    return "\n".join(lines) + "\n"


def scores_csv(table: ScoreTable, found: SystemsScored, where: str) -> str:
    """Return one line a system and metric, then one a pair and metric, at full precision."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    heads = ["kind", "system", "against", "metric", "value", "low_95", "high_95", "p_bootstrap"]
    writer.writerow([*heads, "p_randomisation", "clips", "where"])
    for row in table.rows:
        for name in table.metrics:
            if name not in row.values:
                continue
            interval = row.intervals.get(name)
            ends = [interval.low, interval.high] if interval else ["", ""]
            kind = "published" if row.published else "score"
            place = [row.source] if row.published else [where]
            clips = "" if row.published else table.clips
            figures = [row.values[name], *ends, "", "", clips]
            writer.writerow([kind, row.title, "", name, *figures, *place])
    for pair, item in differences(found):
        names = [found.scores[place].title for place in (pair.second, pair.first)]
        ends = [item.interval.value, item.interval.low, item.interval.high]
        p_values = [item.p_bootstrap, item.p_randomisation]
        writer.writerow(["difference", *names, item.metric, *ends, *p_values, table.clips, where])
    return text.getvalue()


FORMATS: dict[str, tuple[str, Callable[[ScoreTable, SystemsScored, str], str]]] = {
    "Markdown": ("md", scores_markdown),
    "LaTeX": ("tex", scores_latex),
    "CSV": ("csv", scores_csv),
}
_HEADS = ("Pair", "Metric", "Difference", "95 % interval", "p bootstrap", "p random.", "Reading")


def _cells(table: ScoreTable, row: ScoreRow) -> Iterator[str]:
    for name in table.metrics:
        text = value_text(name, row.values.get(name))
        interval = interval_text(name, row.intervals.get(name))
        yield f"{text} ({interval})" if interval else text


def _differences(found: SystemsScored) -> Iterator[list[str]]:
    for pair, item in differences(found):
        yield difference_cells(found, pair, item)


def difference_cells(found: SystemsScored, pair: Pair, item: PairedDifference) -> list[str]:
    """Return one line of the table of differences as text."""
    letters = (LETTERS[found.numbers[pair.first]], LETTERS[found.numbers[pair.second]])
    return [
        pair.names,
        METRICS[item.metric].title,
        value_text(item.metric, item.interval.value, sign=True),
        interval_text(item.metric, item.interval, sign=True),
        p_text(item.p_bootstrap),
        p_text(item.p_randomisation),
        verdict(item, letters),
    ]


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [_line(heads), _line(["---"] * len(heads))]
    return lines + [_line([cell.replace("|", "\\|") for cell in row]) for row in rows]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _latex(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [f"\\begin{{tabular}}{{l{'r' * (len(heads) - 1)}}}", r"\toprule"]
    lines += [_row(heads), r"\midrule", *[_row(row) for row in rows]]
    return [*lines, r"\bottomrule", r"\end{tabular}"]


def _row(cells: Sequence[str]) -> str:
    return " & ".join("".join(_ESCAPES.get(sign, sign) for sign in cell) for cell in cells) + r" \\"
