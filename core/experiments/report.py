"""The one-page report of an experiment: a file that needs nothing beside it."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from core.evaluation.registry import METRICS
from core.experiments.analysis import Analysis, ArmDifference, ArmFigures
from core.experiments.figures import Point, curves, dots, intervals
from core.experiments.report_data import STYLE, flat_settings, validation_curve
from core.files import write_text_atomic
from core.wording import count_text, minus_text, rounded_text

REPORT_FILE = "report.html"
_CLIPS = 12  # whose captions are shown
_FIGURED = 4  # metrics with a figure of their own


def write_report(analysis: Analysis) -> Path:
    """Write the report into the experiment's folder and return its path."""
    path = analysis.experiment.folder / REPORT_FILE
    write_text_atomic(path, report_html(analysis))
    return path


def report_html(analysis: Analysis, now: datetime | None = None) -> str:
    """Return the report: results in words, figures, scores, settings and captions."""
    experiment = analysis.experiment
    title = _escape(experiment.title)
    made = (now or datetime.now()).strftime("%Y-%m-%d %H:%M")
    status = analysis.status
    data = experiment.base.data
    summary = (
        f"{count_text(len(experiment.arms), 'arm')}, "
        f"{count_text(len(experiment.seeds), 'seed')}, {data.dataset} "
        f"{experiment.split}; {status.finished} of {count_text(len(status.cells), 'run')} "
        f"finished; {made}"
    )
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{title}</title><style>{STYLE}</style></head><body>",
        f'<h1>{title}</h1><p class="soft">{_escape(summary)}</p>',
        *_results(analysis),
        *_figures(analysis),
        *_scores(analysis),
        *_differences(analysis),
        *_curves(analysis),
        *_settings(analysis),
        *_captions(analysis),
        *_problems(analysis),
        "</body></html>\n",
    ]
    return "".join(parts)


def _results(analysis: Analysis) -> Iterator[str]:
    yield "<h2>Result</h2>"
    if not analysis.sentences:
        yield '<p class="result">There is nothing to compare yet.</p>'
    for sentence in analysis.sentences:
        yield f'<p class="result">{_escape(minus_text(sentence))}</p>'


def _figures(analysis: Analysis) -> Iterator[str]:
    names = [analysis.main] if analysis.main else []
    names += [name for name in analysis.metrics if name not in names][: _FIGURED - len(names)]
    for name in names:
        figures = [item for item in analysis.figures if item.metric == name]
        rows = [
            (
                item.arm,
                [value * _scale(name) for value in item.by_seed.values()],
                item.interval and _scaled(item.interval, name),
            )
            for item in figures
        ]
        if rows:
            heading = f"{METRICS[name].title} of each arm"
            yield f"<h2>{_escape(heading)}</h2>"
            yield dots(rows, _unit(name), heading)
    if names:
        yield (
            '<p class="soft">A dot is a seed, the line their mean, the band the 95 % interval '
            "of the mean over seeds (Student's t).</p>"
        )
    main = [item for item in analysis.differences if item.metric == analysis.main]
    if main:
        heading = f"Differences in {METRICS[analysis.main].title}"
        yield f"<h2>{_escape(heading)}</h2>"
        rows_of = [
            (
                (item.second, f"− {item.first}"),
                _scaled(item.result.interval, item.metric),
                item.result.shown,
            )
            for item in main
        ]
        yield intervals(rows_of, _unit(analysis.main), heading)
        yield (
            '<p class="soft">95 % intervals in which seeds and clips both vary; grey ones hold '
            "zero.</p>"
        )


def _scores(analysis: Analysis) -> Iterator[str]:
    arms = list(dict.fromkeys(item.arm for item in analysis.figures))
    if not arms:
        return
    rows = []
    for name in analysis.metrics:
        cells = [_escape(METRICS[name].title)]
        for arm in arms:
            item = analysis.of(arm, name)
            cells.append(_mean_and_spread(item) if item is not None else "")
        rows.append(cells)
    yield "<h2>Scores</h2>"
    yield _table(["Metric", *map(_escape, arms)], rows, numbers=len(arms))
    yield '<p class="soft">Mean ± standard deviation over seeds.</p>'


def _differences(analysis: Analysis) -> Iterator[str]:
    if not analysis.differences:
        return
    yield "<h2>All differences</h2>"
    rows, before = [], ("", "")
    for item in analysis.differences:
        arms = (item.second, item.first)
        # Named once, else the table is all names.
        named = "<br>− ".join(map(_escape, arms)) if arms != before else ""
        rows.append([named, _escape(METRICS[item.metric].title), *_difference_cells(item)])
        before = arms
    head = ["Arms", "Metric", "Difference", "95 % interval", "p", "Seeds", "Seeds needed"]
    yield _table(head, rows, numbers=5)


def _difference_cells(item: ArmDifference) -> list[str]:
    result, scale = item.result, _scale(item.metric)
    one = result.interval
    needed = "" if result.shown or result.seeds < 2 else str(result.seeds_needed or "more clips")
    return [
        rounded_text(one.value * scale, 2, sign=True),
        " to ".join(rounded_text(end * scale, 2, sign=True) for end in (one.low, one.high)),
        f"{result.p_value:.3f}" if result.p_value >= 0.001 else "&lt; 0.001",
        str(result.seeds),
        needed,
    ]


def _curves(analysis: Analysis) -> Iterator[str]:
    lines: dict[str, list[list[Point]]] = {}
    for cell in analysis.status.cells:
        if cell.run is not None:
            points = validation_curve(cell.run)
            if points:
                lines.setdefault(cell.arm, []).append(points)
    if lines:
        heading = "Validation cross-entropy"
        yield f"<h2>{heading}</h2>"
        yield curves(lines, "epoch", heading)
        yield '<p class="soft">Thin: each seed. Thick: their mean.</p>'


def _settings(analysis: Analysis) -> Iterator[str]:
    experiment = analysis.experiment
    configs = [experiment.config(arm, experiment.seeds[0]) for arm in experiment.arms]
    tables = [flat_settings(config) for config in configs]
    names = list(dict.fromkeys(name for table in tables for name in table))
    different = [name for name in names if len({table.get(name, "") for table in tables}) > 1]
    arms = [_escape(arm.name) for arm in experiment.arms]
    yield "<h2>Settings</h2>"
    if different:
        rows = [
            [_escape(name), *(_escape(table.get(name, "")) for table in tables)]
            for name in different
        ]
        yield _table(["Differs", *arms], rows)
    rows = [[_escape(name), _escape(tables[0][name])] for name in names if name not in different]
    yield "<details><summary>The same in all arms</summary>"
    yield _table(["Setting", "Value"], rows)
    yield "</details>"


def _captions(analysis: Analysis) -> Iterator[str]:
    arms = [arm.name for arm in analysis.experiment.arms]
    first: dict[str, Any] = {}
    for arm in arms:
        for seed in analysis.experiment.seeds:
            if (arm, seed) in analysis.evaluations:
                first.setdefault(arm, analysis.evaluations[arm, seed])
    if not first:
        return
    captions = {
        arm: {item.clip: item for item in evaluation.captioned} for arm, evaluation in first.items()
    }
    shared = [
        clip for clip in next(iter(captions.values())) if all(clip in c for c in captions.values())
    ]
    step = max(1, len(shared) // _CLIPS)
    yield "<h2>Captions</h2>"
    rows = []
    for clip in shared[::step][:_CLIPS]:
        items = [captions[arm][clip] for arm in captions]
        reference = items[0].references[0] if items[0].references else ""
        rows.append([_escape(clip), *(_escape(item.caption) for item in items), _escape(reference)])
    yield _table(["Clip", *map(_escape, captions), "A reference"], rows)
    yield '<p class="soft">Of the first seed of each arm.</p>'


def _problems(analysis: Analysis) -> Iterator[str]:
    if analysis.problems:
        yield "<h2>What is missing</h2><ul>"
        yield from (f"<li>{_escape(problem)}</li>" for problem in analysis.problems)
        yield "</ul>"
    reasons: dict[str, list[str]] = {}
    for evaluation in list(analysis.evaluations.values())[:1]:
        for name, reason in evaluation.unavailable.items():
            reasons.setdefault(reason, []).append(METRICS[name].title if name in METRICS else name)
    if reasons:
        yield "<h2>Metrics that were not computed</h2><ul>"
        for reason, names in reasons.items():
            yield f"<li>{_escape(', '.join(names))}: {_escape(reason)}</li>"
        yield "</ul>"


def _mean_and_spread(item: ArmFigures) -> str:
    scale = _scale(item.metric)
    digits = 2 if METRICS[item.metric].points else METRICS[item.metric].digits
    text = f"{item.mean * scale:.{digits}f}"
    return text if item.sd is None else f"{text} ± {item.sd * scale:.{max(1, digits)}f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: int = 0) -> str:
    """Return a table of cells that are HTML already; the last `numbers` columns are figures."""
    first = len(head) - numbers

    def line(cells: Sequence[str], tag: str) -> str:
        return "".join(
            f'<{tag} class="number">{cell}</{tag}>' if place >= first else f"<{tag}>{cell}</{tag}>"
            for place, cell in enumerate(cells)
        )

    body = "".join(f"<tr>{line(row, 'td')}</tr>" for row in rows)
    return f'<div class="scroll"><table><tr>{line(head, "th")}</tr>{body}</table></div>'


def _scale(metric: str) -> float:
    return 100.0 if METRICS[metric].points else 1.0


def _unit(metric: str) -> str:
    about = METRICS[metric]
    return "points" if about.points else about.unit or about.title


def _scaled(interval: Any, metric: str) -> Any:
    scale = _scale(metric)
    return type(interval)(interval.value * scale, interval.low * scale, interval.high * scale)


def _escape(text: object) -> str:
    return html.escape(str(text))
