"""The tables of the Scores tab as data: figures with intervals, and differences of pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

from app.pages.compare.rows import LETTERS
from app.pages.compare.scoring import SystemsScored
from app.texts import NOTHING, count_text, minus_text, rounded_text
from core.evaluation.comparison import PairedDifference
from core.evaluation.difference_words import difference_reading, difference_sentence
from core.evaluation.intervals import Interval
from core.evaluation.published_scores import PUBLISHED
from core.evaluation.registry import CHALLENGE_METRICS, METRICS, main_metric

NO_INTERVAL = "No interval: resampled clips are fewer different ones, which would bias this figure."


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One line of the table; `system` is its number, None for a published row."""

    title: str
    system: int | None
    values: Mapping[str, float]
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    source: str = ""

    @property
    def published(self) -> bool:
        """Whether others published it."""
        return self.system is None

    @property
    def name(self) -> str:
        """The title with the letter of the system, or with the word that marks it as published."""
        return f"Published: {self.title}" if self.system is None else self.lettered

    @property
    def lettered(self) -> str:
        """Letter and title."""
        return f"{LETTERS[self.system or 0]}  {self.title}"


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """Metrics in columns, systems in rows; `best` names the row with the best figure a metric."""

    metrics: tuple[str, ...]
    rows: tuple[ScoreRow, ...]
    clips: int
    best: Mapping[str, int] = field(default_factory=dict)


def make_table(found: SystemsScored, every_metric: bool, published: bool) -> ScoreTable:
    """Arrange what was found: the challenge's metrics, or every one that some system has."""
    present = {name for one in found.scores for name in one.corpus if name in METRICS}
    if every_metric:
        names = [name for name in METRICS if name in present or name in CHALLENGE_METRICS]
    else:
        names = list(CHALLENGE_METRICS)
        if "fense" not in present and "sbert_sim_minilm" in present:
            names.insert(names.index("fense") + 1, "sbert_sim_minilm")
    rows = []
    for place, (number, one) in enumerate(zip(found.numbers, found.scores, strict=True)):
        intervals = {}
        if found.comparison is not None:
            intervals = {
                name: interval
                for (system, name), interval in found.comparison.intervals.items()
                if system == place
            }
        values = {name: value for name, value in one.corpus.items() if name in METRICS}
        rows.append(ScoreRow(one.title, number, values, intervals))
    best = {}
    for name in names:
        known = [(row.values[name], row.system or 0) for row in rows if name in row.values]
        values_only = {value for value, _ in known}
        if METRICS[name].direction != "none" and len(known) > 1 and len(values_only) > 1:
            pick = max if METRICS[name].direction == "higher" else min
            best[name] = pick(known)[1]
    if published:
        rows += [ScoreRow(item.title, None, item.scores, source=item.source) for item in PUBLISHED]
    clips = len(found.scores[0].clips) if found.scores else 0
    return ScoreTable(tuple(names), tuple(rows), clips, best)


def value_text(metric: str, value: float | None, sign: bool = False) -> str:
    """Return a figure of the corpus, a dash where there is none."""
    if value is None:
        return NOTHING
    return rounded_text(value, METRICS[metric].digits, sign)


def interval_text(metric: str, interval: Interval | None, sign: bool = False) -> str:
    """Return "0.431 to 0.492", "" without an interval."""
    if interval is None:
        return ""
    ends = (value_text(metric, end, sign) for end in (interval.low, interval.high))
    return " to ".join(ends)


def p_text(value: float) -> str:
    """Return a p-value; small ones as "< 0.001"."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two systems by their place among the scored ones, and by their number on the page."""

    first: int
    second: int
    names: str


def pairs_of(found: SystemsScored) -> list[Pair]:
    """Return every pair of scored systems."""
    return [
        Pair(one, two, f"{LETTERS[found.numbers[two]]} − {LETTERS[found.numbers[one]]}")
        for one, two in combinations(range(len(found.numbers)), 2)
    ]


def differences(
    found: SystemsScored, metric: str = "", pair: Pair | None = None
) -> list[tuple[Pair, PairedDifference]]:
    """Return the differences of every pair in a metric, or of one pair in every metric."""
    if found.comparison is None:
        return []
    chosen = []
    for one in [pair] if pair else pairs_of(found):
        names = found.comparison.metrics if pair or not metric else (metric,)
        for name in names:
            item = found.comparison.difference(name, one.first, one.second)
            if item is not None:
                chosen.append((one, item))
    return chosen


def judged_by(found: SystemsScored) -> str:
    """Return the metric by which the systems are judged; "" when there is none."""
    return main_metric(found.comparison.metrics) if found.comparison else ""


def verdict(item: PairedDifference, names: tuple[str, str]) -> str:
    """Say in a few words what a difference comes to; `names` are first and second system."""
    return difference_reading(item.metric, names, item.interval, shown=item.shown)


def plain_sentence(found: SystemsScored) -> str:
    """Say what the first pair comes to in the main metric; "" when there is nothing to say."""
    metric = judged_by(found)
    if not metric or found.comparison is None or len(found.numbers) < 2:
        return ""
    item = found.comparison.difference(metric, 0, 1)
    if item is None:
        return ""
    first, second = (LETTERS[number] for number in found.numbers[:2])
    basis = f"on these {count_text(len(found.comparison.clips), 'clip')}"
    names = (first, second)
    return minus_text(difference_sentence(metric, names, item.interval, basis, shown=item.shown))
