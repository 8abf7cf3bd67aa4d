"""The starter presets from nothing: time with features, then figures on the held-out test scenes.

    python tests/benchmarks/bench_starter.py [--presets starter-ce starter-ce+cl] [--seeds 42]
        [--keep FOLDER] [--share-features] [--captions 20] [--metrics NAME ...] [--out FILE.md]
        [--set path=value ...]

Each run begins in an empty home unless features are shared, so the time includes the extraction.
Prints seconds, CIDEr-D, SBERT-sim (MiniLM), the CIDEr-D of the same captions shuffled among the
clips, the vocabulary, and captions verbatim. With several seeds: a Markdown table with mean and
standard deviation of every preset, and paired differences in which seeds and clips both vary.
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
from core.evaluation import METRICS, available_metrics
from core.evaluation.evaluate import evaluate_checkpoint
from core.evaluation.evaluation_files import KeptEvaluation, load_evaluation
from core.events import Evaluated, RunStarted
from core.experiments.analysis import compare_arms
from core.models.encoders import load_encoder
from core.presets import load_preset
from core.runs import create_run
from core.training import train_run

DEFAULT_METRICS = ("cider_d", "rouge_l", "bleu_4", "meteor", "sbert_sim_minilm", "vocabulary")


def measure(
    config: RunConfig, captions: int, metrics: tuple[str, ...]
) -> tuple[dict[str, float], KeptEvaluation]:
    """Train and evaluate one run in the present home; print and return its figures."""
    started = time.monotonic()
    run = create_run(config)
    training_from = started
    for event in train_run(config, run):
        if isinstance(event, RunStarted):
            training_from = time.monotonic()
    seconds = time.monotonic() - started
    figures: dict[str, float] = {}
    folder = Path()
    for event in evaluate_checkpoint(
        run.best, config.data.dataset, "test", baseline=True, metrics=metrics
    ):
        if isinstance(event, Evaluated):
            figures |= dict(event.scores)
            folder = Path(event.folder)
    print(f"{config.preset} seed {config.seed}: {seconds:.0f} s, of which before the first step")
    print(f"  {training_from - started:.0f} s")
    for name in sorted(figures):
        print(f"  {name:20} {figures[name]:.4f}")
    if "cider_d_shuffled" in figures:
        ratio = figures["cider_d"] / figures["cider_d_shuffled"]
        print(f"  {'over shuffled':20} {ratio:.1f}", flush=True)
    with (folder / "captions.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows[:: max(1, len(rows) // captions)][:captions] if captions else []:
        print(f"  {row['file_name']}: {row['caption_predicted']}   [{row['caption_1']}]")
    return {**figures, "seconds": seconds}, load_evaluation(folder)


def markdown(
    figures: dict[str, list[dict[str, float]]],
    evaluations: dict[tuple[str, int], KeptEvaluation],
    metrics: tuple[str, ...],
) -> str:
    """Return the table of all presets, and what each pair comes to."""
    present = [
        name for name in metrics if all(name in run for runs in figures.values() for run in runs)
    ]
    shown = [*present, *(["cider_d_shuffled"] if "cider_d" in present else []), "seconds"]
    others = {"cider_d_shuffled": "CIDEr-D, shuffled"}
    titles = [METRICS[name].title if name in METRICS else others.get(name, name) for name in shown]
    lines = ["| preset | " + " | ".join(titles) + " |", "|---" * (len(shown) + 1) + "|"]
    for preset, runs in figures.items():
        cells = []
        for name in shown:
            values = [run[name] for run in runs]
            digits = 1 if max(map(abs, values)) >= 10 else 3
            spread = f" ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else ""
            cells.append(f"{statistics.fmean(values):.{digits}f}{spread}")
        lines.append(f"| {preset} | " + " | ".join(cells) + " |")
    lines.append("")
    presets = list(figures)
    for number, first in enumerate(presets):
        for second in presets[number + 1 :]:
            for name in present:
                found = compare_arms(evaluations, name, first, second)
                if found is not None:
                    lines.append(f"- {found.sentence} (p = {found.result.p_value:.3f})")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run all presets and seeds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presets", nargs="+", default=["starter-ce", "starter-ce+cl"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[42])
    parser.add_argument("--keep", type=Path, help="home to use and keep instead of a temporary one")
    parser.add_argument("--share-features", action="store_true")
    parser.add_argument("--captions", type=int, default=20)
    parser.add_argument("--metrics", nargs="+", default=list(DEFAULT_METRICS))
    parser.add_argument("--out", type=Path, help="also write the Markdown table to this file")
    parser.add_argument("--set", nargs="*", default=[], metavar="PATH=VALUE")
    chosen = parser.parse_args()
    changes: dict[str, object] = dict(item.split("=", 1) for item in chosen.set)
    home = chosen.keep or Path(tempfile.mkdtemp())
    os.environ["AAC_STUDIO_HOME"] = str(home)
    usable, lacking = available_metrics(chosen.metrics)
    for name, reason in lacking.items():
        print(f"{METRICS[name].title} is left out: {reason}")
    # Converting the encoder's weights happens once in a home's life; it is not part of a run.
    load_encoder("yamnet")
    figures: dict[str, list[dict[str, float]]] = {}
    evaluations: dict[tuple[str, int], KeptEvaluation] = {}
    # Seed by seed, so that a table of few seeds can be had before all are done.
    for seed in chosen.seeds:
        for preset in chosen.presets:
            if not chosen.share_features:
                shutil.rmtree(home / "features", ignore_errors=True)
            config = replace_fields(load_preset(preset).config, {**changes, "seed": seed})
            found, evaluation = measure(config, chosen.captions, tuple(usable))
            figures.setdefault(preset, []).append(found)
            evaluations[preset, seed] = evaluation
    table = markdown(figures, evaluations, tuple(usable))
    print(table)
    if chosen.out:
        chosen.out.write_text(table, encoding="utf-8")
    if not chosen.keep:
        shutil.rmtree(home)


if __name__ == "__main__":
    main()
