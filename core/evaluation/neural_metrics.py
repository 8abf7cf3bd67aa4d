"""Metrics by neural models: sentence similarity, fluency errors, BERTScore.

Runs in the metrics process only. The models are those of aac-metrics, loaded once and kept; none is
ever downloaded from here.
"""

from __future__ import annotations

import importlib
import os
import types
import warnings
from collections.abc import Sequence
from typing import Any

from core.evaluation import metric_files

_BATCH = 64


class SentenceModels:
    """Scores captions by models that are loaded on first use."""

    def __init__(self, functional: types.ModuleType) -> None:
        self._functional = functional
        self._sentence: dict[str, Any] = {}
        self._embedded: dict[str, dict[str, Any]] = {}
        self._fluency: Any = None
        self._bert: Any = None
        self._ready = False

    def score(
        self, name: str, words: Sequence[str], references: Sequence[Sequence[str]]
    ) -> list[float]:
        """Return one score per clip of "sbert_sim", "sbert_sim_minilm", "fer" or "bert_score"."""
        self._prepare()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if name == "fer":
                return self._errors(words)
            if name == "bert_score":
                return self._bert_score(words, references)
            return self._similarity(name, words, references)

    def _prepare(self) -> None:
        if self._ready:
            return
        os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ["TRANSFORMERS_OFFLINE"] = "1"
        os.environ.setdefault("FENSE_DATA", str(metric_files.fense_folder()))
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        # The libraries import torchaudio, whose compiled extension fails with a CPU-only torch.
        from core.audio.torchaudio_compat import load_torchaudio

        load_torchaudio()
        import torch

        torch.set_num_threads(max(1, min(8, os.cpu_count() or 1)))
        self._ready = True

    def _similarity(
        self, name: str, words: Sequence[str], references: Sequence[Sequence[str]]
    ) -> list[float]:
        """Return the mean cosine with the references, as ``aac_metrics.functional.sbert_sim``."""
        import torch

        flat = [*words, *(text for texts in references for text in texts)]
        vectors = self._embed(name, flat)
        means = []
        for caption, texts in zip(words, references, strict=True):
            others = torch.stack([vectors[text] for text in texts])
            means.append(float((others @ vectors[caption]).mean()))
        return means

    def _embed(self, name: str, texts: Sequence[str]) -> dict[str, Any]:
        """Embed texts, cached, since all systems share their references."""
        known = self._embedded.setdefault(name, {})
        new = sorted(set(texts) - known.keys(), key=lambda text: (len(text), text))
        if new:
            found = self._sentence_model(name).encode(
                new,
                batch_size=_BATCH,
                convert_to_tensor=True,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
            known.update(zip(new, found.float().cpu(), strict=True))
        return known

    def _sentence_model(self, name: str) -> Any:
        if name not in self._sentence:
            from sentence_transformers import SentenceTransformer

            if name == "sbert_sim_minilm":
                from core.models.sentence_encoder import model_folder

                source = str(model_folder())
            else:
                source = metric_files.TINYBERT
            self._sentence[name] = SentenceTransformer(source, device="cpu", local_files_only=True)
        return self._sentence[name]

    def _errors(self, words: Sequence[str]) -> list[float]:
        module = importlib.import_module("aac_metrics.functional.fer")
        if self._fluency is None:
            self._fluency = module._load_echecker_and_tokenizer(device="cpu")
        checker, tokenizer = self._fluency
        _, clips = module.fer(
            list(words), echecker=checker, echecker_tokenizer=tokenizer, device="cpu"
        )
        return [float(value) for value in clips["fer"]]

    def _bert_score(self, words: Sequence[str], references: Sequence[Sequence[str]]) -> list[float]:
        module = importlib.import_module("aac_metrics.functional.bert_score_mrefs")
        if self._bert is None:
            self._bert = module._load_model_and_tokenizer(device="cpu")
        model, tokenizer = self._bert
        _, clips = module.bert_score_mrefs(
            list(words),
            [list(texts) for texts in references],
            model=model,
            tokenizer=tokenizer,
            device="cpu",
        )
        return [float(value) for value in clips["bert_score.f1"]]
