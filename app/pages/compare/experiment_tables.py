"""The tables of the Experiments tab as texts."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from app.pages.compare.score_tables import interval_text, p_text, value_text
from app.texts import NOTHING, count_text, minus_text
from core.evaluation.registry import CHALLENGE_METRICS, METRICS
from core.experiments import Analysis
from core.experiments.analysis import ArmDifference


def results_html(analysis: Analysis) -> str:
    """Return what the arms come to as lines of which those that show something are strong."""
    lines = []
    for item in analysis.main_differences:
        text = escape(minus_text(item.sentence))
        weight = 600 if item.result.shown else 400
        lines.append(f'<div style="font-weight: {weight}">{text}</div>')
    return "".join(lines)


def status_sentence(analysis: Analysis) -> str:
    """Say how far the experiment is."""
    experiment, status = analysis.experiment, analysis.status
    data = experiment.base.data.dataset
    return (
        f"{count_text(len(experiment.arms), 'arm')}, {count_text(len(experiment.seeds), 'seed')}, "
        f"{data} {experiment.split}: {status.finished} of {len(status.cells)} trained, "
        f"{len(analysis.evaluations)} scored"
    )


def arm_metrics(analysis: Analysis, every: bool) -> list[str]:
    """Return the metrics to show: the challenge's and what stands in for one, or every one."""
    first = {*CHALLENGE_METRICS, analysis.main}
    if "fense" not in analysis.metrics:
        first.add("sbert_sim_minilm")
    return [name for name in analysis.metrics if every or name in first]


def arm_rows(analysis: Analysis, metrics: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Return heads and one row an arm: mean and spread of each metric, its interval below."""
    heads = ["Arm", "Seeds", *(METRICS[name].title for name in metrics)]
    rows = []
    for arm in analysis.experiment.arms:
        scored = sum(name == arm.name for name, _ in analysis.evaluations)
        cells = [arm.name, f"{scored} of {len(analysis.experiment.seeds)}"]
        for metric in metrics:
            figures = analysis.of(arm.name, metric)
            if figures is None:
                cells.append(NOTHING)
                continue
            text = value_text(metric, figures.mean)
            if figures.sd is not None:
                text += f" ± {value_text(metric, figures.sd)}"
            interval = interval_text(metric, figures.interval)
            cells.append(f"{text}\n{interval}" if interval else text)
        rows.append(cells)
    return heads, rows


def difference_rows(items: Sequence[ArmDifference]) -> tuple[list[str], list[list[str]]]:
    """Return heads and one row a metric, the plain words last."""
    heads = ["Metric", "Difference", "95 % interval", "p", "Reading"]
    rows = []
    for item in items:
        interval = item.result.interval
        rows.append(
            [
                METRICS[item.metric].title,
                value_text(item.metric, interval.value, sign=True),
                interval_text(item.metric, interval, sign=True),
                p_text(item.result.p_value),
                item.reading,
            ]
        )
    return heads, rows


def missing_scores(analysis: Analysis) -> int:
    """Count the finished runs that have no scores."""
    return sum(
        cell.state == "finished" and (cell.arm, cell.seed) not in analysis.evaluations
        for cell in analysis.status.cells
    )


def newest_runs(analysis: Analysis, most: int = 6) -> list[str]:
    """Return the best checkpoint of each arm for the first seed that all finished arms have."""
    cells = [
        cell for cell in analysis.status.cells if cell.run is not None and cell.run.best.is_file()
    ]
    for seed in analysis.experiment.seeds:
        found = [str(cell.run.best) for cell in cells if cell.seed == seed and cell.run]
        if len(found) > 1:
            return found[:most]
    return []
