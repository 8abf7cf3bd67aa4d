"""Scoring 1,045 captions with five references each, and comparing six systems on them.

    python tests/benchmarks/bench_metrics.py [--clips 1045] [--captions FILE.csv]

Without a table (columns caption, caption_1 to caption_5) the captions are those of the starter
scenes. Prints seconds against what must be reached: CIDEr-D, ROUGE-L, BLEU and vocabulary within
10 s, METEOR within 30 s with Java warm, 10,000 resamples of six systems within 5 s.
"""

from __future__ import annotations

import argparse
import csv
import random
import time
from pathlib import Path

import numpy as np

from core.data.datasets import open_dataset
from core.evaluation import QUICK_METRICS, Scorer, Scores, SystemScores, available_metrics, compare

SYSTEMS = 6


def captions_of(table: Path | None, clips: int) -> tuple[list[str], list[list[str]]]:
    """Return candidates and their references."""
    if table is not None:
        with table.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))[:clips]
        references = [[row[f"caption_{n}"] for n in range(1, 6)] for row in rows]
        return [row["caption"] for row in rows], references
    dataset = open_dataset("starter-scenes")
    draws = random.Random(0)
    pool = [list(clip.captions) for clip in dataset.clips(dataset.splits[0])]
    references = []
    for number in range(clips):
        texts = pool[number % len(pool)]
        references.append([draws.choice(texts) for _ in range(5)])
    candidates = [" ".join(texts[0].split()[: draws.randint(4, 12)]) for texts in references]
    return candidates, references


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=1045)
    parser.add_argument("--captions", type=Path)
    chosen = parser.parse_args()
    candidates, references = captions_of(chosen.captions, chosen.clips)
    usable, _ = available_metrics()
    scores: list[Scores] = []
    with Scorer() as scorer:
        scorer.score(candidates[:2], references[:2])

        def timed(title: str, metrics: tuple[str, ...], limit: float | None) -> None:
            started = time.perf_counter()
            scores.append(scorer.score(candidates, references, metrics))
            seconds = time.perf_counter() - started
            told = "" if limit is None else f"   must be below {limit:.0f} s"
            print(f"{title:44} {seconds:7.2f} s{told}", flush=True)

        timed("CIDEr-D, ROUGE-L, BLEU, vocabulary", (*QUICK_METRICS, "vocabulary"), 10)
        if "meteor" in usable:
            timed("METEOR, Java cold", ("meteor",), None)
            timed("METEOR, Java warm", ("meteor",), 30)
        if "sbert_sim_minilm" in usable:
            timed("SBERT-sim (MiniLM), all captions new", ("sbert_sim_minilm",), None)
            timed("SBERT-sim (MiniLM), embedded before", ("sbert_sim_minilm",), None)
    per_clip: dict[str, np.ndarray] = {}
    counts: dict[str, np.ndarray] = {}
    for one in scores:
        per_clip |= {name: np.array(values) for name, values in one.per_clip.items()}
        counts |= {name: np.array(table) for name, table in one.counts.items()}
    clips = tuple(map(str, range(len(candidates))))
    generator = np.random.default_rng(0)
    systems = []
    for number in range(SYSTEMS):
        order = generator.permutation(len(clips))
        systems.append(
            SystemScores(
                f"system {number}",
                clips,
                {name: values[order] for name, values in per_clip.items()},
                {name: table[order] for name, table in counts.items()},
            )
        )
    started = time.perf_counter()
    found = compare(systems)
    seconds = time.perf_counter() - started
    title = f"10,000 resamples, {SYSTEMS} systems, {len(found.metrics)} metrics"
    print(f"{title:44} {seconds:7.2f} s   must be below 5 s")


if __name__ == "__main__":
    main()
