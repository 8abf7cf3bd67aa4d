"""The starter presets from nothing: time with features, then figures on the held-out test scenes.

    python tests/benchmarks/bench_starter.py [--presets starter-ce starter-ce+cl] [--seeds 42]
        [--keep FOLDER] [--share-features] [--captions 20] [--set path=value ...]

Each run begins in an empty home unless features are shared, so the time includes the extraction.
Prints seconds, CIDEr-D, the CIDEr-D of the same captions shuffled among the clips, the vocabulary,
and captions verbatim; with several seeds, mean and standard deviation of each preset.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from core.config import RunConfig, replace_fields
from core.evaluation.evaluate import evaluate_checkpoint
from core.events import Evaluated, RunStarted
from core.models.encoders import load_encoder
from core.presets import load_preset
from core.runs import create_run
from core.training import train_run


def measure(config: RunConfig, captions: int) -> dict[str, float]:
    """Train and evaluate one run in the present home; print and return its figures."""
    started = time.monotonic()
    run = create_run(config)
    training_from = started
    for event in train_run(config, run):
        if isinstance(event, RunStarted):
            training_from = time.monotonic()
    seconds = time.monotonic() - started
    figures = {"seconds": seconds, "features": training_from - started}
    folder = Path()
    for event in evaluate_checkpoint(run.best, config.data.dataset, "test", baseline=True):
        if isinstance(event, Evaluated):
            figures |= dict(event.scores)
            folder = Path(event.folder)
    print(f"{config.preset} seed {config.seed}: {seconds:.0f} s, of which before the first step")
    print(f"  {figures['features']:.0f} s")
    for name in sorted(
        event_name for event_name in figures if event_name not in ("seconds", "features")
    ):
        print(f"  {name:20} {figures[name]:.4f}")
    ratio = figures["cider_d"] / figures["cider_d_shuffled"]
    print(f"  {'over shuffled':20} {ratio:.1f}")
    with (folder / "captions.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows[:: max(1, len(rows) // captions)][:captions] if captions else []:
        print(f"  {row['file_name']}: {row['caption_predicted']}   [{row['caption_1']}]")
    return figures


def main() -> None:
    """Run all presets and seeds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presets", nargs="+", default=["starter-ce", "starter-ce+cl"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[42])
    parser.add_argument("--keep", type=Path, help="home to use and keep instead of a temporary one")
    parser.add_argument("--share-features", action="store_true")
    parser.add_argument("--captions", type=int, default=20)
    parser.add_argument("--set", nargs="*", default=[], metavar="PATH=VALUE")
    chosen = parser.parse_args()
    changes: dict[str, object] = dict(item.split("=", 1) for item in chosen.set)
    home = chosen.keep or Path(tempfile.mkdtemp())
    os.environ["AAC_STUDIO_HOME"] = str(home)
    # Converting the encoder's weights happens once in a home's life; it is not part of a run.
    load_encoder("yamnet")
    found: dict[str, list[dict[str, float]]] = {}
    for preset in chosen.presets:
        for seed in chosen.seeds:
            if not chosen.share_features:
                shutil.rmtree(home / "features", ignore_errors=True)
            config = replace_fields(load_preset(preset).config, {**changes, "seed": seed})
            found.setdefault(preset, []).append(measure(config, chosen.captions))
    for preset, runs in found.items():
        if len(runs) > 1:
            for name in ("cider_d", "vocabulary", "seconds"):
                values = [run[name] for run in runs]
                spread = statistics.stdev(values)
                print(f"{preset:28} {name:12} {statistics.fmean(values):8.4f} +- {spread:.4f}")
    if not chosen.keep:
        shutil.rmtree(home)


if __name__ == "__main__":
    main()
