"""Computing the requested metrics, in the metrics process. Imports torch when first used."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import os
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from core.errors import MetricError
from core.evaluation import metric_files
from core.evaluation.bleu import bleu_counts, bleu_scores
from core.evaluation.java import java_for, stanford_tokens
from core.evaluation.meteor import Meteor, meteor_score
from core.evaluation.neural_metrics import SentenceModels
from core.evaluation.ptb import tokenize
from core.evaluation.registry import METRICS, available_metrics

_PACKAGE = "aac_metrics"
# The share of its score that a caption with a fluency error loses (Zhou et al. 2022, "FENSE").
PENALTY = 0.9
# SPICE may hang: it is given this long, then started once more.
_SPICE_SECONDS = (600, 600)


def load_metrics() -> types.ModuleType:
    """Return aac-metrics' `functional` package, importing only the metrics that are used.

    The package's own ``__init__`` files import every metric and with them transformers and
    sentence-transformers: 5 to 20 seconds for nothing that is used here, and a failure where
    torchaudio's compiled part does not fit the torch installed. Empty stand-ins of the same name
    and place make Python import the single modules only.

    Raises `ImportError` when aac-metrics is not installed.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.submodule_search_locations is None:
        raise ImportError(f"{_PACKAGE} is not installed")
    functional = None
    for name, folder in ((_PACKAGE, ""), (f"{_PACKAGE}.functional", "functional")):
        functional = types.ModuleType(name)
        # Whoever asks whether the package is installed must not stumble over the stand-in.
        functional.__spec__ = importlib.machinery.ModuleSpec(name, None, is_package=True)
        functional.__path__ = [
            os.path.join(place, folder)  # noqa: PTH118  (import paths are strings)
            for place in spec.submodule_search_locations
        ]
        sys.modules[name] = functional
    assert functional is not None
    for metric in ("cider_d", "rouge_l", "bleu"):
        importlib.import_module(f"{_PACKAGE}.functional.{metric}")
    return functional


class _Results:
    """Figures of one request, and what was computed for one metric that another needs too."""

    def __init__(self, words: list[str], references: list[list[str]]) -> None:
        self.words, self.references = words, references
        self.corpus: dict[str, float] = {}
        self.per_clip: dict[str, list[float]] = {}
        self.counts: dict[str, list[list[float]]] = {}
        self.unavailable: dict[str, str] = {}

    def add(self, name: str, per_clip: Any, corpus: float | None = None) -> None:
        values = [float(value) for value in per_clip]
        self.per_clip[name] = values
        self.corpus[name] = sum(values) / len(values) if corpus is None else float(corpus)

    def clips(self, name: str) -> list[float]:
        if name not in self.per_clip:
            raise MetricError(self.unavailable.get(name, f"{METRICS[name].title} is missing."))
        return self.per_clip[name]


class Computer:
    """Computes metrics; what takes long to load is loaded once and kept."""

    def __init__(self) -> None:
        self._functional = load_metrics()
        self._meteor: Meteor | None = None
        self._models = SentenceModels(self._functional)

    def compute(
        self,
        candidates: Sequence[str],
        references: Sequence[Sequence[str]],
        metrics: Sequence[str],
        *,
        stanford: bool = False,
    ) -> Iterator[dict[str, Any]]:
        """Yield ``{"phase": title}`` before each metric and at last all results.

        A metric that fails is listed as unavailable; the others are still computed. With `stanford`
        captions are tokenised by the Java program if it is installed. Raises `ValueError` when a
        clip has no usable reference.
        """
        words, usable, tokenizer = _words(candidates, references, stanford)
        results = _Results(words, usable)
        wanted, results.unavailable = available_metrics(metrics)
        for group, work in self._work(wanted, results):
            yield {"phase": ", ".join(METRICS[name].title for name in group)}
            try:
                work()
            except Exception as error:
                reason = " ".join(str(error).split()) or type(error).__name__
                for name in group:
                    results.unavailable.setdefault(name, reason)
        yield {
            "corpus": {name: results.corpus[name] for name in metrics if name in results.corpus},
            "per_clip": {
                name: results.per_clip[name] for name in metrics if name in results.per_clip
            },
            "counts": results.counts,
            "unavailable": results.unavailable,
            "tokenizer": tokenizer,
        }

    def _work(
        self, wanted: Sequence[str], results: _Results
    ) -> Iterator[tuple[list[str], Callable[[], None]]]:
        """Yield the metrics that are computed together, each group after those it depends on."""
        needed = set(wanted)
        if needed & {"spider", "spider_fl"}:
            needed |= {"cider_d", "spice"}
        if "spider_fl" in needed:
            needed |= {"spider", "fer"}
        if "fense" in needed:
            needed |= {"sbert_sim", "fer"}
        groups: tuple[tuple[tuple[str, ...], Callable[[_Results], None]], ...] = (
            (("cider_d",), self._cider_d),
            (("rouge_l",), self._rouge_l),
            (("bleu_1", "bleu_2", "bleu_3", "bleu_4"), self._bleu),
            (("meteor",), self._meteor_score),
            (("spice",), self._spice),
            (("spider",), _spider),
            (("sbert_sim_minilm",), self._models_of("sbert_sim_minilm")),
            (("sbert_sim",), self._models_of("sbert_sim")),
            (("fer",), self._models_of("fer")),
            (("bert_score",), self._models_of("bert_score")),
            (("fense",), _fense),
            (("spider_fl",), _spider_fl),
        )
        for names, work in groups:
            group = [name for name in names if name in needed]
            if group:
                yield group, lambda work=work: work(results)  # type: ignore[misc]

    def _cider_d(self, results: _Results) -> None:
        """CIDEr-D weights n-grams by document frequency, so it is computed on all clips at once."""
        if len(results.words) < 2:
            raise MetricError("CIDEr-D needs at least 2 clips.")
        corpus, clips = self._functional.cider_d.cider_d(results.words, results.references)
        results.add("cider_d", clips["cider_d"], corpus["cider_d"])

    def _rouge_l(self, results: _Results) -> None:
        corpus, clips = self._functional.rouge_l.rouge_l(results.words, results.references)
        results.add("rouge_l", clips["rouge_l"], corpus["rouge_l"])

    def _bleu(self, results: _Results) -> None:
        corpus, clips = self._functional.bleu.bleu(
            results.words, results.references, n=4, return_1_to_n=True
        )
        for order in range(4):
            name = f"bleu_{order + 1}"
            results.add(name, clips["bleu_1_to_4"][order], corpus["bleu_1_to_4"][order])
        split = [caption.split() for caption in results.words]
        texts = [[text.split() for text in captions] for captions in results.references]
        table = bleu_counts(split, texts)
        if abs(bleu_scores(table.sum(0))[3] - results.corpus["bleu_4"]) < 1e-9:
            results.counts["bleu"] = table.tolist()

    def _meteor_score(self, results: _Results) -> None:
        java, jar = java_for(), metric_files.meteor_jar()
        if self._meteor is None or not self._meteor.alive:
            assert java is not None and jar is not None
            self._meteor = Meteor(java, jar)
        table = self._meteor.counts(results.words, results.references)
        results.add("meteor", meteor_score(table), float(meteor_score(table.sum(0))))
        results.counts["meteor"] = table.tolist()

    def _spice(self, results: _Results) -> None:
        module = importlib.import_module(f"{_PACKAGE}.functional.spice")
        corpus, clips = module.spice(
            results.words,
            results.references,
            cache_path=str(metric_files.spice_cache()),
            java_path=str(java_for(8, 13)),
            timeout=_SPICE_SECONDS,
        )
        results.add("spice", clips["spice"], corpus["spice"])

    def _models_of(self, name: str) -> Callable[[_Results], None]:
        def work(results: _Results) -> None:
            results.add(name, self._models.score(name, results.words, results.references))

        return work


def _spider(results: _Results) -> None:
    pairs = zip(results.clips("cider_d"), results.clips("spice"), strict=True)
    results.add("spider", [(cider + spice) / 2 for cider, spice in pairs])


def _penalised(results: _Results, name: str, source: str) -> None:
    pairs = zip(results.clips(source), results.clips("fer"), strict=True)
    results.add(name, [score * (1 - PENALTY * error) for score, error in pairs])


def _spider_fl(results: _Results) -> None:
    _penalised(results, "spider_fl", "spider")


def _fense(results: _Results) -> None:
    _penalised(results, "fense", "sbert_sim")


def _words(
    candidates: Sequence[str], references: Sequence[Sequence[str]], stanford: bool
) -> tuple[list[str], list[list[str]], str]:
    """Return tokenised captions joined by blanks, and which tokenizer made them."""
    flat = [*candidates, *(text for texts in references for text in texts)]
    java, jar = (java_for(), metric_files.tokenizer_jar()) if stanford else (None, None)
    name = "PTB in Python"
    if java is not None and jar is not None:
        tokens, name = stanford_tokens(java, jar, flat), "Stanford PTB"
    else:
        tokens = [tokenize(text) for text in flat]
    joined = iter([" ".join(one) for one in tokens])
    words = [next(joined) for _ in candidates]
    usable = []
    for number, texts in enumerate(references):
        usable.append([text for text in (next(joined) for _ in texts) if text])
        if not usable[-1]:
            raise ValueError(f"clip {number + 1} has no reference caption with a word in it")
    return words, usable, name
