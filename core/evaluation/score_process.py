"""The metrics process: requests come in as lines of JSON, scores go out as lines of JSON.

Started by `core.evaluation.scorer` as ``python -m core.evaluation.score_process``. It ends when its
standard input is closed, which the operating system does when the parent dies, however it dies.

Request  ``{"id": 1, "candidates": ["a dog barks", ...], "references": [["a dog", ...], ...]}``
Reply    ``{"id": 1, "corpus": {...}, "per_clip": {...}, "unavailable": {...}}`` or
         ``{"id": 1, "error": "..."}``
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import queue
import signal
import sys
import threading
import types
from typing import Any, TextIO

from core.evaluation.ptb import tokenize

_PACKAGE = "aac_metrics"


def load_metrics() -> types.ModuleType:
    """Return aac-metrics' `functional` package, of which only the asked metrics get imported.

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
        functional.__path__ = [
            os.path.join(place, folder)  # noqa: PTH118  (import paths are strings)
            for place in spec.submodule_search_locations
        ]
        sys.modules[name] = functional
    assert functional is not None
    for metric in ("cider_d", "rouge_l", "bleu"):
        importlib.import_module(f"{_PACKAGE}.functional.{metric}")
    return functional


def compute(
    functional: types.ModuleType, candidates: list[str], references: list[list[str]]
) -> dict[str, Any]:
    """Return corpus and per-clip scores. Raises `ValueError` when a clip has no usable reference.

    CIDEr-D weighs n-grams by how rare they are in the references of all clips, so it is always
    computed over all of them together and needs at least two.
    """
    words = [" ".join(tokenize(candidate)) for candidate in candidates]
    usable: list[list[str]] = []
    for number, captions in enumerate(references):
        joined = [" ".join(tokenize(caption)) for caption in captions]
        usable.append([caption for caption in joined if caption])
        if not usable[-1]:
            raise ValueError(f"clip {number + 1} has no reference caption with a word in it")
    corpus: dict[str, float] = {}
    per_clip: dict[str, list[float]] = {}
    unavailable: dict[str, str] = {}

    def add(outputs: tuple[dict[str, Any], dict[str, Any]], name: str) -> None:
        corpus[name] = float(outputs[0][name])
        per_clip[name] = [float(value) for value in outputs[1][name]]

    if len(words) >= 2:
        add(functional.cider_d.cider_d(words, usable), "cider_d")
    else:
        unavailable["cider_d"] = "CIDEr-D needs at least 2 clips."
    add(functional.rouge_l.rouge_l(words, usable), "rouge_l")
    for n in range(1, 5):
        add(functional.bleu.bleu(words, usable, n=n), f"bleu_{n}")
    return {"corpus": corpus, "per_clip": per_clip, "unavailable": unavailable}


def _read(requests: queue.SimpleQueue[str], stream: TextIO) -> None:
    for line in stream:
        requests.put(line)
    # The parent has gone or wants no more: whatever is being computed, nobody waits for it.
    os._exit(0)


def main() -> int:
    """Answer requests until standard input ends."""
    # Ctrl+C reaches every process of the terminal; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Replies have the real standard output to themselves; a library that prints writes to stderr.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    requests: queue.SimpleQueue[str] = queue.SimpleQueue()
    incoming = os.fdopen(os.dup(0), "r", encoding="utf-8")
    threading.Thread(target=_read, args=(requests, incoming), daemon=True).start()
    functional = load_metrics()
    while True:
        request = json.loads(requests.get())
        reply: dict[str, Any] = {"id": request["id"]}
        try:
            reply |= compute(functional, request["candidates"], request["references"])
        except Exception as error:
            reply["error"] = str(error) or type(error).__name__
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


if __name__ == "__main__":
    sys.exit(main())
