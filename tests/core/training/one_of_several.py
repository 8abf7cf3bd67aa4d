"""One process of several, for `test_distributed`: trains, stops, goes on, prints its losses."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

from core.config import parse_config
from core.events import EpochEnded, StepLogged, ValidationEnded
from core.runs import RunFolder, record, summarize
from core.training.distributed import join_workers, leave_workers
from core.training.trainer import Trainer
from tests.core.training.conftest import random_data


def main(folder: str, values: str, stop_after: int) -> None:
    workers = join_workers()
    assert workers is not None
    run, config, data = RunFolder(Path(folder)), parse_config(json.loads(values)), random_data()
    told, states = [], []
    for resume in (False, True):
        trainer = Trainer(config, run, data, torch.device("cpu"), resume, workers=workers)
        events = record(run, trainer.run()) if workers.is_main else trainer.run()
        for event in events:
            if isinstance(event, StepLogged | EpochEnded | ValidationEnded):
                told.append(dict(event.losses))
            # Only the first process may decide to stop.
            if workers.is_main and isinstance(event, StepLogged) and event.step == stop_after:
                break
        events.close()  # type: ignore[attr-defined]
        states.append(summarize(run).state)
        workers.broadcast(None)
    leave_workers()
    if workers.is_main:
        print(json.dumps({"told": told, "states": states, "threads": thread_names()}))


def thread_names() -> list[str]:
    """Return the names of this process's threads, where the system tells them."""
    return [name.read_text().strip() for name in Path("/proc/self/task").glob("*/comm")]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
