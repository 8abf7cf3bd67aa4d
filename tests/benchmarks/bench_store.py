"""Opening a feature store of Clotho's size and drawing batches from it, beside the baseline's HDF5.

Run by hand; writes 1.1 GB (2.3 GB with the reference) below --folder and takes it away again:

    python tests/benchmarks/bench_store.py \
        --reference dcase2024-task6-baseline --reference-python baseline-venv/bin/python

Three things: seconds and memory of a fresh process that opens the store and makes its first batch;
seconds a random batch of 64, both loaders from files that were just written, in turn, with one
thread each; and how memory has grown after all batches.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from core.data.feature_store import FeatureStore
from core.data.store_index import StoreIdentity
from core.data.store_writer import StoreWriter

FIRST_BATCH = """
import sys, time
started = time.perf_counter()
sys.path.insert(0, sys.argv[2])
import numpy as np
from core.data.feature_store import FeatureStore
store = FeatureStore.open(sys.argv[1])
frames, lengths = store.read_batch(np.random.default_rng(0).permutation(len(store))[:64])
taken = time.perf_counter() - started
import json, psutil
print(json.dumps([taken, psutil.Process().memory_info().rss, "torch" in sys.modules]))
"""


def write_store(folder: Path, options: argparse.Namespace) -> None:
    identity = StoreIdentity("bench", "train", "f", "bench", "w", options.dim, 1, options.dtype)
    writer = StoreWriter(folder, identity)
    rng = np.random.default_rng(0)
    for number in range(options.clips):
        frames = rng.random((options.frames, options.dim), dtype=np.float32)
        writer.append(str(number), frames, np.zeros(1, np.float32))
    writer.finish()
    writer.close()


def our_batches(folder: Path, count: int) -> tuple[list[float], float]:
    """Return seconds of each batch, and by how many MB memory grew from the tenth to the last."""
    store = FeatureStore.open(folder)
    rng = np.random.default_rng(1)
    room = np.empty((64, int(store.lengths.max()), store.dim), store.dtype)
    seconds, before = [], 0
    for number in range(count):
        started = time.perf_counter()
        store.read_batch(rng.integers(0, len(store), 64), room)
        seconds.append(time.perf_counter() - started)
        if number == 10:
            before = psutil.Process().memory_info().rss
    return seconds, (psutil.Process().memory_info().rss - before) / 1e6


def reference_batches(folder: Path, options: argparse.Namespace) -> list[float]:
    script = Path(__file__).with_name("reference_loader.py")
    sizes = [options.clips, options.frames, options.dim, options.reference_batches]
    command = [str(options.reference_python), str(script), str(options.reference), str(folder)]
    done = subprocess.run(
        [*command, *map(str, sizes)], check=True, stdout=subprocess.PIPE, text=True
    )
    return list(json.loads(done.stdout.splitlines()[-1])["seconds"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="where to write; default: a temporary one")
    parser.add_argument("--reference", type=Path, help="checkout of the baseline")
    parser.add_argument("--reference-python", type=Path, help="a Python that can run it")
    parser.add_argument("--clips", type=int, default=3839)
    parser.add_argument("--frames", type=int, default=93)
    parser.add_argument("--dim", type=int, default=768)
    parser.add_argument("--batches", type=int, default=10_000)
    parser.add_argument("--reference-batches", type=int, default=50, help="at most an epoch's 59")
    parser.add_argument("--dtype", choices=("float32", "float16"), default="float32")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-store-", dir=options.folder))
    try:
        write_store(folder / "store", options)
        source = str(Path(__file__).resolve().parents[2])
        first = subprocess.run(
            [sys.executable, "-c", FIRST_BATCH, str(folder / "store"), source],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        taken, resident, torch_loaded = json.loads(first.stdout)
        print(
            f"fresh process, imports, open, first batch of 64: {taken:.2f} s, "
            f"{resident / 1e6:.0f} MB resident (torch loaded: {torch_loaded})"
        )
        seconds, grown = our_batches(folder / "store", options.batches)
        ours = statistics.median(seconds)
        print(
            f"ours: {len(seconds):,} random batches of 64 in {sum(seconds):.1f} s, median "
            f"{ours * 1e3:.2f} ms; memory grew by {grown:.1f} MB"
        )
        if options.reference and options.reference_python:
            theirs = reference_batches(folder, options)
            median = statistics.median(theirs)
            print(
                f"reference: {len(theirs)} batches, median {median * 1e3:.1f} ms; "
                f"ratio of medians {median / ours:.0f}, of means "
                f"{statistics.mean(theirs) / statistics.mean(seconds):.0f}"
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
