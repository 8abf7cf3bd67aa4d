"""Does the memory of a training grow? Resident memory over many steps.

Run by hand:

    python tests/benchmarks/bench_memory.py --steps 2000

A small run with every loss term, validated, captioned, mapped and saved after every epoch of three
steps, so that whatever a run does is done hundreds of times. The first fifth is warm-up; what grows
after that is printed, and the program fails when it is more than 2 %.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import psutil
import torch

from core.events import StepLogged
from core.runs import create_run, record
from core.training.trainer import Trainer
from tests.core.training.conftest import random_data, tiny_config

TERMS = [
    {"name": "caption-ntxent", "projection_dim": 4, "memory_bank": 12},
    {"name": "audio-text-matching"},
    {"name": "audio-text-ntxent", "projection_dim": 8},
    {"name": "caption-proxy", "proxy_epochs": 2},
]
MOST_GROWTH = 0.02


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=2000)
    options = parser.parse_args()
    torch.set_num_threads(1)
    config = tiny_config(
        objectives=TERMS, training={"epochs": -(-options.steps // 3)}, validation={"previews": 1}
    )
    process, resident = psutil.Process(), []
    with tempfile.TemporaryDirectory() as place:
        run = create_run(config, Path(place))
        trainer = Trainer(config, run, random_data(), torch.device("cpu"))
        for event in record(run, trainer.run()):
            if isinstance(event, StepLogged):
                resident.append(process.memory_info().rss)
                if event.step % (options.steps // 10) == 0:
                    print(f"step {event.step:6d}  {resident[-1] / 2**20:8.1f} MiB", flush=True)
    settled = resident[len(resident) // 5 :]
    tenth = len(settled) // 10
    before, after = statistics.median(settled[:tenth]), statistics.median(settled[-tenth:])
    growth = after / before - 1
    print(f"after warm-up: {before / 2**20:.1f} MiB to {after / 2**20:.1f} MiB, {growth:+.2%}")
    return int(growth > MOST_GROWTH)


if __name__ == "__main__":
    sys.exit(main())
