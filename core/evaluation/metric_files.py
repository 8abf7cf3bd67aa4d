"""Where the programs and models of the metrics lie: our own folder, packages, shared caches.

The layout below a cache folder is that of aac-metrics (``aac-metrics/meteor``, ...), so that files
which that library has downloaded before are used as they are.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

from core import paths

EXTRA = "install the metrics extra: pip install 'aac-studio[metrics]'."
METEOR_JAR = "meteor-1.5.jar"
PARAPHRASES = Path("data", "paraphrase-en.gz")
TOKENIZER_JAR = "stanford-corenlp-3.4.1.jar"
ECHECKER = "echecker_clotho_audiocaps_base.ckpt"
TINYBERT = "sentence-transformers/paraphrase-TinyBERT-L6-v2"
ROBERTA = "roberta-large"
_SPICE_NEEDS = ("stanford-corenlp-3.6.0.jar", "stanford-corenlp-3.6.0-models.jar")


def own_folder() -> Path:
    """Return the folder into which the program installs what metrics need."""
    return paths.home() / "metrics"


def cache_folders() -> Iterator[Path]:
    """Yield the folders that may hold files in aac-metrics' layout, ours first."""
    yield own_folder()
    chosen = os.environ.get("AAC_METRICS_CACHE_PATH")
    if chosen:
        yield Path(chosen).expanduser()
    yield Path("~/.cache").expanduser()


def meteor_jar() -> Path | None:
    """Return METEOR's program with its table of paraphrases beside it, or None."""
    for folder in _places("meteor", "meteor"):
        if (folder / METEOR_JAR).is_file() and (folder / PARAPHRASES).is_file():
            return folder / METEOR_JAR
    return None


def tokenizer_jar() -> Path | None:
    """Return the Stanford tokenizer, or None."""
    for folder in _places("stanford_nlp", "tokenizer"):
        if (folder / TOKENIZER_JAR).is_file():
            return folder / TOKENIZER_JAR
    return None


def spice_cache() -> Path | None:
    """Return the cache folder (in aac-metrics' layout) that holds all of SPICE, or None."""
    for cache in cache_folders():
        folder = cache / "aac-metrics" / "spice"
        needed = [folder / "spice-1.0.jar", *(folder / "lib" / name for name in _SPICE_NEEDS)]
        if all(path.is_file() for path in needed) and (folder / "cache").is_dir():
            return cache
    return None


def fense_folder() -> Path:
    """Return the folder of the fluency-error detector: where it lies, else where it would."""
    chosen = os.environ.get("FENSE_DATA")
    places = [Path(chosen).expanduser()] if chosen else []
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache"))
    torch_home = Path(os.environ.get("TORCH_HOME", cache / "torch")).expanduser()
    places += [own_folder() / "fense_data", torch_home / "hub" / "fense_data"]
    return next((place for place in places if (place / ECHECKER).is_file()), places[0])


def echecker() -> Path | None:
    """Return the weights of the fluency-error detector, or None."""
    path = fense_folder() / ECHECKER
    return path if path.is_file() else None


def tinybert() -> Path | None:
    """Return the challenge's sentence model in the hub's cache, or None."""
    return _hub_model(TINYBERT)


def roberta() -> Path | None:
    """Return BERTScore's language model in the hub's cache, or None."""
    return _hub_model(ROBERTA)


def _places(ours: str, packaged: str) -> Iterator[Path]:
    for cache in cache_folders():
        yield cache / "aac-metrics" / ours
    spec = importlib.util.find_spec("pycocoevalcap")
    for place in (spec.submodule_search_locations or []) if spec is not None else []:
        yield Path(place) / packaged


def _hub_model(name: str) -> Path | None:
    default = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")) / "hub"
    hub = Path(os.environ.get("HF_HUB_CACHE", default)).expanduser()
    folder = hub / f"models--{name.replace('/', '--')}" / "snapshots"
    found = [path.parent for path in folder.glob("*/config.json")] if folder.is_dir() else []
    return found[0] if found else None
