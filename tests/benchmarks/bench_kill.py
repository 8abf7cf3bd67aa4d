"""Kill a training again and again at random moments: what is lost, and can it always go on?

Run by hand, on Linux or macOS:

    python tests/benchmarks/bench_kill.py --kills 200

A process trains a small run in its folder, saving its state after every epoch, and is killed with
SIGKILL after a random time; then the next process takes the run up. After each kill the folder must
open, every checkpoint in it must load, and the state must not lie before the last save that was
told. A run that reaches its end is compared with one that was never killed: same weights to the
bit, same curves. Then the next run begins.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import random
import signal
import statistics
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from core.config import RunConfig
from core.events import CheckpointSaved, Event, StepLogged, ValidationEnded
from core.models.checkpoints import load_checkpoint
from core.runs import RunFolder, create_run, effective, open_run, record, summarize
from core.training.state import TrainingState, load_state
from core.training.trainer import Trainer
from tests.core.training.conftest import random_data, tiny_config


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    draws = random.Random(options.seed)
    config = tiny_config(
        training={"epochs": 12, "keep_states": [4], "keep_top_k": 2},
        model={"d_model": 64, "feedforward": 256},
        objectives=[{"name": "caption-ntxent", "memory_bank": 12, "start_epoch": 4}],
        validation={"previews": 1},
    )
    tally: Counter[str] = Counter()
    lost: list[int] = []
    with tempfile.TemporaryDirectory() as place:
        whole = create_run(config, Path(place) / "whole")
        started = time.monotonic()
        wait_for(begin(config, whole))
        # Half the time that a whole run takes, so that runs are killed about four times each.
        longest = 0.5 * (time.monotonic() - started)
        run = create_run(config, Path(place) / "runs")
        while tally["kills"] < options.kills:
            child = begin(config, run)
            time.sleep(draws.uniform(0.0, longest))
            killed = kill(child)
            tally["kills"] += killed
            if killed:
                lost += check(run, tally)
            if summarize(run).state == "finished":
                compare(run, whole)
                tally["runs that reached their end as if never killed"] += 1
                run = create_run(config, Path(place) / "runs")
    for name, count in tally.items():
        print(f"{count:5d} {name}")
    print(f"steps lost at a kill: {statistics.mean(lost):.2f} on average, {max(lost)} most")
    print("(a state is saved every 3 steps; the step under way and those since it are lost)")
    return 0


def begin(config: RunConfig, run: RunFolder) -> int:
    """Train in a process of its own, which needs not import torch anew; return its number."""
    child = os.fork()
    if child:
        return child
    try:
        data = random_data()
        trainer = Trainer(config, run, data, torch.device("cpu"), resume=run.state.exists())
        for _ in record(run, trainer.run()):
            pass
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def kill(child: int) -> bool:
    """Kill a process; return False when it had ended by itself."""
    done, status = os.waitpid(child, os.WNOHANG)
    if done:
        assert status == 0, "a resumed run did not go on"
        return False
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def wait_for(child: int) -> None:
    _, status = os.waitpid(child, 0)
    assert status == 0, "a run that nobody killed did not end well"


def check(run: RunFolder, tally: Counter[str]) -> list[int]:
    """Raise `AssertionError` unless the run can be opened and resumed; return the steps lost."""
    open_run(run.path)
    state = summarize(run).state
    assert state in ("interrupted", "not started", "finished", "unknown"), state
    tally["kills in the midst of writing a file"] += bool([*run.checkpoints.glob(".*.part")])
    for path in run.checkpoints.glob("*.safetensors"):
        load_checkpoint(path)
    for path in run.checkpoints.glob("*.pt"):
        load_state(path)
    events = [event for _, event in effective(run.events.read_all())]
    told = [e.step for e in events if isinstance(e, CheckpointSaved) and e.kind == "last"]
    steps = [event.step for event in events if isinstance(event, StepLogged)]
    kept = load_state(run.state).position.step if run.state.exists() else 0
    assert kept >= (told[-1] if told else 0), "a state that was told is gone"
    return [max(0, steps[-1] - kept)] if steps else []


def compare(run: RunFolder, whole: RunFolder) -> None:
    """Raise `AssertionError` unless both runs came to the same end on the same way."""
    one, other = (load_state(item.state) for item in (run, whole))
    assert one.position == other.position
    assert same_weights(one, other), "the weights differ"
    assert curve(run) == curve(whole), "the curves differ"
    assert not [*run.checkpoints.glob(".*.part")], "half-written files are left"


def same_weights(one: TrainingState, other: TrainingState) -> bool:
    return all(torch.equal(one.model[name], other.model[name]) for name in other.model)


def curve(run: RunFolder) -> list[Event]:
    return [
        dataclasses.replace(event, seconds=0.0)
        if isinstance(event, ValidationEnded)
        else dataclasses.replace(event, examples_per_second=0.0)
        for _, event in effective(run.events.read_all())
        if isinstance(event, StepLogged | ValidationEnded)
    ]


if __name__ == "__main__":
    sys.exit(main())
