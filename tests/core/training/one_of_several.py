"""One process of a team, for `test_distributed`: trains, stops, goes on, prints its losses."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

from core.config import parse_config
from core.events import EpochEnded, StepLogged, ValidationEnded
from core.runs import RunFolder, record, summarize
from core.training.distributed import join_team, leave_team
from core.training.trainer import Trainer
from tests.core.training.conftest import random_data


def main(folder: str, values: str, stop_after: int) -> None:
    team = join_team()
    assert team is not None
    run, config, data = RunFolder(Path(folder)), parse_config(json.loads(values)), random_data()
    told, states = [], []
    for resume in (False, True):
        trainer = Trainer(config, run, data, torch.device("cpu"), resume, team=team)
        events = record(run, trainer.run()) if team.leads else trainer.run()
        for event in events:
            if isinstance(event, StepLogged | EpochEnded | ValidationEnded):
                told.append(dict(event.losses))
            # Only the first process may decide to stop.
            if team.leads and isinstance(event, StepLogged) and event.step == stop_after:
                break
        events.close()  # type: ignore[attr-defined]
        states.append(summarize(run).state)
        team.share(None)
    leave_team()
    if team.leads:
        print(json.dumps({"told": told, "states": states, "threads": thread_names()}))


def thread_names() -> list[str]:
    """Return the names of this process's threads, where the system tells them."""
    return [name.read_text().strip() for name in Path("/proc/self/task").glob("*/comm")]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
