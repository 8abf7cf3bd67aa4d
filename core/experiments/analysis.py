"""What an experiment showed: each arm's figures, and each pair's difference in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
from numpy.typing import NDArray

from core.errors import MetricError
from core.evaluation import evaluation_folder
from core.evaluation.bleu import bleu_scores
from core.evaluation.difference_words import (
    NOT_SHOWN,
    difference_reading,
    difference_sentence,
)
from core.evaluation.evaluation_files import KeptEvaluation, load_evaluation
from core.evaluation.intervals import Interval, t_interval
from core.evaluation.meteor import meteor_score
from core.evaluation.registry import METRICS, main_metric
from core.experiments.plan import Experiment
from core.experiments.status import ExperimentStatus, experiment_status
from core.experiments.variance import Difference, crossed_difference

Array = NDArray[np.float64]
ONE_SEED = "One seed cannot show a difference"


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """One arm in one metric: a figure a seed, their mean, spread and Student's interval.

    `sd` and `interval` are None with a single seed.
    """

    arm: str
    metric: str
    by_seed: Mapping[int, float]
    mean: float
    sd: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class ArmDifference:
    """`second` minus `first` in one metric, and what that comes to in one sentence.

    `reading` says the same in few words, beside figures; `by_seed` holds the difference of each
    seed that both arms have.
    """

    metric: str
    first: str
    second: str
    by_seed: Mapping[int, float]
    result: Difference
    sentence: str
    reading: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything found about an experiment so far.

    `evaluations` are those that count, by arm and seed; `problems` say which are missing and why.
    """

    experiment: Experiment
    status: ExperimentStatus
    evaluations: Mapping[tuple[str, int], KeptEvaluation]
    metrics: tuple[str, ...]
    main: str
    figures: tuple[ArmFigures, ...]
    differences: tuple[ArmDifference, ...]
    problems: tuple[str, ...]

    def of(self, arm: str, metric: str) -> ArmFigures | None:
        """Return one arm's figures in one metric, if there are any."""
        for item in self.figures:
            if (item.arm, item.metric) == (arm, metric):
                return item
        return None

    @property
    def main_differences(self) -> tuple[ArmDifference, ...]:
        """Each arm beside the first one, in the main metric.

        The other pairs stand in `differences`: with many arms their sentences would bury these.
        """
        first = self.experiment.arms[0].name
        return tuple(
            item for item in self.differences if item.metric == self.main and item.first == first
        )

    @property
    def sentences(self) -> tuple[str, ...]:
        """What each arm comes to beside the first one, in the main metric."""
        return tuple(item.sentence for item in self.main_differences)


def run_evaluation_folder(experiment: Experiment, best: Path) -> Path:
    """Return where the evaluation of an experiment's run is kept."""
    return evaluation_folder(best, experiment.base.data.dataset, experiment.split)


def analyse(experiment: Experiment) -> Analysis:
    """Read the evaluations of the experiment's runs and compare the arms."""
    status = experiment_status(experiment)
    found: dict[tuple[str, int], KeptEvaluation] = {}
    problems: list[str] = []
    for cell in status.cells:
        what = f"{cell.arm}, seed {cell.seed}"
        if cell.run is None:
            problems.append(f"{what}: not trained yet.")
            continue
        if cell.state != "finished":
            problems.append(f"{what}: {cell.state}; it does not count yet.")
            continue
        try:
            found[cell.arm, cell.seed] = load_evaluation(
                run_evaluation_folder(experiment, cell.run.best)
            )
        except MetricError as error:
            problems.append(f"{what}: {error}")
    kept = list(found.values())
    metrics = tuple(name for name in METRICS if kept and all(name in one.corpus for one in kept))
    arms = [arm.name for arm in experiment.arms if any(key[0] == arm.name for key in found)]
    figures = [_figures(found, arm, metric) for metric in metrics for arm in arms]
    differences = []
    for first, second in combinations(arms, 2):
        for metric in metrics:
            one = compare_arms(found, metric, first, second)
            if one is not None:
                differences.append(one)
    return Analysis(
        experiment,
        status,
        found,
        metrics,
        main_metric(metrics),
        tuple(figures),
        tuple(differences),
        tuple(problems),
    )


def compare_arms(
    evaluations: Mapping[tuple[str, int], KeptEvaluation], metric: str, first: str, second: str
) -> ArmDifference | None:
    """Compare two arms over the seeds and clips that both have; None where there are none."""
    seeds = [seed for arm, seed in evaluations if arm == first and (second, seed) in evaluations]
    if not seeds:
        return None
    pairs = [(evaluations[first, seed], evaluations[second, seed]) for seed in seeds]
    by_seed = {
        seed: float(two.corpus[metric] - one.corpus[metric])
        for seed, (one, two) in zip(seeds, pairs, strict=True)
    }
    table = _clip_table(metric, pairs)
    if table is None:
        # The figure belongs to the corpus alone: seeds are all that it can vary with.
        table = np.array(list(by_seed.values()))[:, None]
    if table.size < 2:
        return None
    result = crossed_difference(table)
    told = (metric, first, second, result)
    sentence, reading = plain_sentence(*told), plain_reading(*told)
    return ArmDifference(metric, first, second, by_seed, result, sentence, reading)


def plain_sentence(metric: str, first: str, second: str, result: Difference) -> str:
    """Say in plain words what a difference (`second` minus `first`) comes to."""
    one_seed = result.seeds < 2
    return difference_sentence(
        metric,
        (first, second),
        result.interval,
        f"on these {result.clips} clips" if one_seed else f"with {result.seeds} seeds",
        shown=result.shown,
        opening=ONE_SEED if one_seed else NOT_SHOWN,
        closing=_what_is_needed(result),
    )


def plain_reading(metric: str, first: str, second: str, result: Difference) -> str:
    """Say in few words, for a table of figures, what a difference comes to."""
    if result.seeds < 2:
        return ONE_SEED[0].lower() + ONE_SEED[1:]
    told = difference_reading(metric, (first, second), result.interval, shown=result.shown)
    needed = _what_is_needed(result)
    return f"{told}; {needed}" if needed else told


def _what_is_needed(result: Difference) -> str:
    """Say what would show a difference that is not shown."""
    if result.shown:
        return ""
    if result.seeds < 2:
        return "other seeds may say otherwise"
    if result.seeds_needed is not None:
        return f"about {max(result.seeds_needed, result.seeds + 1)} seeds would be needed"
    more = f" on these {result.clips} clips" if result.clips > 1 else ""
    return f"no number of seeds would show so small a difference{more}"


def _figures(found: Mapping[tuple[str, int], KeptEvaluation], arm: str, metric: str) -> ArmFigures:
    by_seed = {
        seed: float(evaluation.corpus[metric])
        for (name, seed), evaluation in found.items()
        if name == arm
    }
    values = list(by_seed.values())
    sd = stdev(values) if len(values) > 1 else None
    return ArmFigures(arm, metric, by_seed, fmean(values), sd, t_interval(values))


def _clip_table(
    metric: str, pairs: Sequence[tuple[KeptEvaluation, KeptEvaluation]]
) -> Array | None:
    """Return the differences (S, C) on the clips that all have; None without figures a clip."""
    systems = [one.system for pair in pairs for one in pair]
    common = set.intersection(*(set(system.clips) for system in systems))
    clips = [clip for clip in systems[0].clips if clip in common]
    if len(clips) < 2:
        return None
    rows = []
    for one, two in pairs:
        sides = []
        for evaluation in (one, two):
            values = clip_values(metric, evaluation, clips)
            if values is None:
                return None
            sides.append(values)
        rows.append(sides[1] - sides[0])
    return np.stack(rows)


def clip_values(metric: str, evaluation: KeptEvaluation, clips: Sequence[str]) -> Array | None:
    """Return one figure a clip whose mean is the corpus figure; None where there are no such.

    BLEU and METEOR are no means over clips: their clips get the jackknife's pseudo-values (Tukey
    1958), by how much the corpus figure hangs on each.
    """
    system = evaluation.system.cut_to(clips)
    if METRICS[metric].mean:
        return system.per_clip.get(metric)
    if metric == "meteor" and "meteor" in system.counts:
        table = system.counts["meteor"]
        return _pseudo_values(meteor_score(table.sum(0)), meteor_score(table.sum(0) - table))
    if metric.startswith("bleu_") and "bleu" in system.counts:
        table, order = system.counts["bleu"], int(metric[-1]) - 1
        whole = bleu_scores(table.sum(0))[order]
        return _pseudo_values(whole, bleu_scores(table.sum(0) - table)[:, order])
    return None


def _pseudo_values(whole: Array, without: Array) -> Array:
    values = len(without) * whole - (len(without) - 1) * without
    return np.asarray(values - values.mean() + whole)
