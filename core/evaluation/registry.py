"""The metrics: their names and directions, what they need, and whether that is installed.

A metric whose needs are not met is unavailable, with a reason in words; it is never shown as 0, and
never replaced by another computation under its own name. Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from core.evaluation.requirements import REQUIREMENTS

Direction = Literal["higher", "lower", "none"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of a set of captions.

    `needs` names `REQUIREMENTS`; `mean` says whether the corpus score is the mean over clips,
    `points` whether it is quoted times 100, `unit` the unit of its differences if they have one,
    `digits` how many decimals to show. In sentences that compare two systems `owner` and
    `other_owner` stand for the one and the other, `several` says that the first is a plural, and
    `more` and `less` how they differ.
    """

    name: str
    title: str
    help: str
    direction: Direction = "higher"
    needs: tuple[str, ...] = ()
    mean: bool = True
    points: bool = True
    unit: str = "points"
    digits: int = 3
    owner: str = "{}"
    other_owner: str = "{}"
    several: bool = False
    more: str = "higher"
    less: str = "lower"


@dataclass(frozen=True, slots=True)
class MetricStatus:
    """Whether a metric can be computed here: `reason` is "" if so, else a sentence.

    `install` names the missing parts in the order in which they should be installed.
    """

    metric: Metric
    reason: str
    install: tuple[str, ...]

    @property
    def available(self) -> bool:
        """Whether the metric can be computed here."""
        return not self.reason


_LIBRARY = ("aac-metrics",)
_METRICS = (
    Metric(
        "meteor",
        "METEOR",
        "Alignment of words, stems, synonyms and paraphrases, 0 to 1.",
        needs=("java", "meteor"),
        mean=False,
    ),
    Metric(
        "cider_d",
        "CIDEr-D",
        "Agreement with the references in n-grams, rare ones weighted more (TF-IDF), 0 to 10.",
        needs=_LIBRARY,
    ),
    Metric(
        "spice",
        "SPICE",
        "F-score of objects, attributes and relations, 0 to 1.",
        needs=("aac-metrics", "java-8-13", "spice"),
    ),
    Metric(
        "spider",
        "SPIDEr",
        "Mean of CIDEr-D and SPICE.",
        needs=("aac-metrics", "java-8-13", "spice"),
    ),
    Metric(
        "spider_fl",
        "SPIDEr-FL",
        "SPIDEr, times 0.1 for captions with a fluency error.",
        needs=("aac-metrics", "java-8-13", "spice", "echecker"),
    ),
    Metric(
        "sbert_sim",
        "SBERT-sim",
        "Cosine of sentence embeddings (paraphrase-TinyBERT-L6-v2), -1 to 1.",
        needs=("aac-metrics", "sentence-transformers", "tinybert"),
    ),
    Metric(
        "sbert_sim_minilm",
        "SBERT-sim (MiniLM)",
        "Cosine of sentence embeddings of all-MiniLM-L6-v2, not of the challenge's model; -1 to 1.",
        needs=("sentence-transformers", "minilm"),
    ),
    Metric(
        "fer",
        "FER",
        "Share of captions with a fluency error.",
        "lower",
        needs=("aac-metrics", "sentence-transformers", "echecker"),
    ),
    Metric(
        "fense",
        "FENSE",
        "SBERT-sim, times 0.1 for captions with a fluency error.",
        needs=("aac-metrics", "sentence-transformers", "tinybert", "echecker"),
    ),
    Metric(
        "bert_score",
        "BERTScore",
        "F1 of matched token embeddings (roberta-large), at most 1.",
        needs=("aac-metrics", "sentence-transformers", "roberta"),
    ),
    Metric(
        "rouge_l",
        "ROUGE-L",
        "F-score of the longest common subsequence of words, 0 to 1.",
        needs=_LIBRARY,
    ),
    *(
        Metric(
            f"bleu_{n}",
            f"BLEU-{n}",
            "Precision of words, with a brevity penalty, 0 to 1."
            if n == 1
            else f"Precision of n-grams of up to {n} words, with a brevity penalty, 0 to 1.",
            needs=_LIBRARY,
            mean=False,
        )
        for n in range(1, 5)
    ),
    Metric(
        "vocabulary",
        "vocabulary",
        "Distinct words in all captions together.",
        "none",
        mean=False,
        points=False,
        unit="words",
        digits=0,
        owner="The vocabulary of {}",
        other_owner="that of {}",
        more="larger",
        less="smaller",
    ),
    Metric(
        "words_per_caption",
        "words per caption",
        "Mean length in words.",
        "none",
        points=False,
        unit="words",
        digits=2,
        owner="The captions of {}",
        other_owner="those of {}",
        several=True,
        more="longer",
        less="shorter",
    ),
    Metric(
        "distinct_captions",
        "distinct captions",
        "Distinct captions; a system that repeats itself has few.",
        "none",
        mean=False,
        points=False,
        unit="",
        digits=0,
        owner="The number of distinct captions of {}",
        other_owner="that of {}",
    ),
)
METRICS: dict[str, Metric] = {metric.name: metric for metric in _METRICS}

# Fast, and without anything but the library: what is computed at every validation.
QUICK_METRICS = ("cider_d", "rouge_l", "bleu_1", "bleu_2", "bleu_3", "bleu_4")
# In the order of the challenge's table.
CHALLENGE_METRICS = (
    "meteor",
    "cider_d",
    "spice",
    "spider",
    "spider_fl",
    "fense",
    "vocabulary",
)
# The main metric of a comparison: the first of these that every system has.
MAIN_METRICS = ("fense", "spider_fl", "spider", "cider_d", "sbert_sim_minilm", "rouge_l")


def metric_status(name: str) -> MetricStatus:
    """Return whether a metric can be computed here, and what is missing. Raises `KeyError`."""
    metric = METRICS[name]
    lacking = [REQUIREMENTS[need] for need in metric.needs]
    found = [(item, item.missing()) for item in lacking]
    missing = [(item, sentence) for item, sentence in found if sentence]
    reason = " ".join(sentence for _, sentence in missing)
    installs = tuple(dict.fromkeys(item.install for item, _ in missing if item.install))
    return MetricStatus(metric, reason, installs)


def metric_statuses() -> tuple[MetricStatus, ...]:
    """Return the status of every metric, in the order in which they are shown."""
    return tuple(metric_status(name) for name in METRICS)


def available_metrics(wanted: Iterable[str] | None = None) -> tuple[list[str], dict[str, str]]:
    """Return the metrics among `wanted` (default: all) that can be computed, and why others not."""
    usable, reasons = [], {}
    for name in METRICS if wanted is None else wanted:
        reason = metric_status(name).reason
        if reason:
            reasons[name] = reason
        else:
            usable.append(name)
    return usable, reasons


def main_metric(present: Sequence[str]) -> str:
    """Return the main metric among those present; "" if there is none."""
    return next((name for name in MAIN_METRICS if name in present), "")
