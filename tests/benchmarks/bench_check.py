"""A check of thousands of files: speed, and whether memory grows with their number.

Run by hand; writes about 160 kB a file below --folder and takes it away again:

    python tests/benchmarks/bench_check.py --files 5000

The check of all files is compared with one of their first tenth: peak memory beyond what the
process had before, in MB, both after a check of a few files has loaded everything there is to load.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from core.data.check import DatasetChecked, check_dataset
from core.data.own import OwnFolder


def write_files(folder: Path, count: int, seconds: float) -> None:
    folder.mkdir()
    rng = np.random.default_rng(0)
    samples = rng.integers(-9000, 9000, round(seconds * 16_000), dtype=np.int16)
    rows = ["file,caption,split"]
    for number in range(count):
        samples[:4] = number % 30_000, number // 30_000, 1, 2
        soundfile.write(folder / f"{number:06d}.wav", samples, 16_000)
        split = ("train", "validation", "test")[number % 3]
        rows.append(f"{number:06d}.wav,A sound of {number % 900} things is heard {number},{split}")
    (folder / "captions.csv").write_text("\n".join(rows))


def check(folder: Path) -> tuple[float, float, float]:
    """Return seconds, the growth of memory at its peak in MB, and the longest wait for an event."""
    dataset = OwnFolder(folder)
    for split in dataset.splits:
        dataset.clips(split)
    process = psutil.Process()
    before = peak = process.memory_info().rss
    ended = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(0.02):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    started = last = time.perf_counter()
    longest = 0.0
    for event in check_dataset(dataset):
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
        if isinstance(event, DatasetChecked):
            assert sum(split.clips for split in event.report.splits) > 0
    ended.set()
    watcher.join()
    return time.perf_counter() - started, (peak - before) / 1e6, longest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--folder", type=Path, help="where to write; default: a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        os.environ["AAC_STUDIO_HOME"] = str(Path(name) / "home")
        for part, count in (("few", 60), ("tenth", options.files // 10), ("all", options.files)):
            write_files(Path(name) / part, count, options.seconds)
            seconds, grown, longest = check(Path(name) / part)
            print(
                f"{count:,} files: {count / seconds:.0f} files/s, memory at its peak "
                f"{grown:+.1f} MB, longest wait for an event {longest * 1e3:.0f} ms"
            )


if __name__ == "__main__":
    main()
