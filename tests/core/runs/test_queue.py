"""The queue of runs: order, dependencies, two processes at once, crashes, damage."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from core.config import RunConfig, parse_config, replace_fields
from core.errors import StudioError
from core.events import RunEnded, RunStarted
from core.runs import RunFolder, create_run
from core.runs.queue import QueuedRun, RunQueue

CONFIG = parse_config({"name": "CE"})


@pytest.fixture
def queue() -> RunQueue:
    return RunQueue()


def states(queue: RunQueue) -> list[str]:
    return [entry.state for entry in queue.entries()]


def taken(queue: RunQueue) -> QueuedRun:
    entry = queue.next_ready()
    assert entry is not None
    return entry


def crash(queue: RunQueue) -> None:
    """Make the owner of what runs a process that is no more."""
    content = json.loads(queue.path.read_text())
    for entry in content["entries"]:
        if entry["owner"]:
            entry["owner"]["started"] = 1.0
    queue.path.write_text(json.dumps(content))


def test_runs_take_turns_in_order(queue: RunQueue, home: Path) -> None:
    first = queue.add(CONFIG)
    second = queue.add(replace_fields(CONFIG, {"seed": 7}), title="other seed", group="seeds")
    entry = taken(queue)
    assert (entry.id, entry.title, entry.state) == (first, "CE", "running")
    assert queue.next_ready() is None  # one at a time
    queue.finish(first, "done", run=str(home / "runs" / "a"))
    again = RunQueue()  # another window, or the same after a restart
    entry = taken(again)
    assert (entry.id, entry.group) == (second, "seeds")
    assert entry.config is not None
    assert entry.config.seed == 7


def test_a_failed_run_does_not_stop_the_next_but_those_that_need_it(queue: RunQueue) -> None:
    first = queue.add(CONFIG, title="trunk")
    queue.add(CONFIG, title="branch", after=first)
    third = queue.add(CONFIG)
    taken(queue)
    queue.finish(first, "failed", problem="No disk.")
    assert taken(queue).id == third
    assert states(queue) == ["failed", "failed", "running"]
    assert queue.entries()[1].problem == "branch waited for trunk, which failed."


def test_an_entry_waits_for_another_that_stands_behind_it(queue: RunQueue) -> None:
    first = queue.add(CONFIG)
    second = queue.add(CONFIG, after=first)
    queue.move(second, 0)
    assert [entry.id for entry in queue.entries()] == [second, first]
    assert taken(queue).id == first
    queue.finish(first, "done")
    assert taken(queue).id == second


@pytest.mark.parametrize(
    ("kind", "file", "setting"),
    [
        ("100", "epoch-100.state.pt", "branch_from"),
        ("last", "last.safetensors", "initial_checkpoint"),
        ("best", "best.safetensors", "initial_checkpoint"),
    ],
)
def test_a_run_starts_from_what_another_kept(
    queue: RunQueue, kind: str, file: str, setting: str
) -> None:
    run = create_run(CONFIG)
    first = queue.add(CONFIG)
    queue.add(CONFIG, title="missing", initial_from=f"{first}:7")
    third = queue.add(CONFIG, initial_from=f"{first}:{kind}")
    taken(queue)
    (run.checkpoints / file).touch()
    queue.finish(first, "done", run=str(run.path))
    entry = taken(queue)
    assert entry.id == third
    assert entry.config is not None
    assert getattr(entry.config.training, setting) == str(run.checkpoints / file)
    assert "epoch-7.state.pt is missing" in queue.entries()[1].problem


def test_what_ran_when_its_process_died_is_resumed(queue: RunQueue) -> None:
    run = create_run(CONFIG)
    run.events.append(started(), time.time())
    first = queue.add(CONFIG)
    taken(queue)
    queue.started(first, run.path)
    assert states(queue) == ["running"]
    crash(queue)
    assert states(queue) == ["queued"]
    entry = taken(queue)
    assert (entry.id, entry.resume) == (first, str(run.path))


def test_a_run_that_finished_while_its_process_died_is_done(queue: RunQueue) -> None:
    run = create_run(CONFIG)
    run.events.append(started(), time.time())
    run.events.append(RunEnded(reason="finished"), time.time())
    first = queue.add(CONFIG)
    taken(queue)
    queue.started(first, run.path)
    crash(queue)
    assert states(queue) == ["done"]


def test_what_died_before_it_had_a_folder_starts_anew(queue: RunQueue) -> None:
    queue.add(CONFIG)
    taken(queue)
    crash(queue)
    entry = taken(queue)
    assert (entry.resume, entry.config) == ("", CONFIG)


def test_a_stopped_run_waits_again(queue: RunQueue) -> None:
    run = create_run(CONFIG)
    first = queue.add(CONFIG)
    taken(queue)
    queue.finish(first, "queued", run=str(run.path))
    assert taken(queue).resume == str(run.path)


def test_removing_cancelling_and_clearing(queue: RunQueue) -> None:
    first, second, third = (queue.add(CONFIG) for _ in range(3))
    taken(queue)
    with pytest.raises(StudioError, match="is running; stop it first"):
        queue.remove(first)
    queue.remove(second)
    queue.cancel(third)
    assert states(queue) == ["running", "cancelled"]
    queue.requeue(third)
    queue.finish(first, "done")
    assert states(queue) == ["done", "queued"]
    queue.clear_ended()
    assert [entry.id for entry in queue.entries()] == [third]
    with pytest.raises(StudioError, match="no entry"):
        queue.remove(first)


def test_what_something_waits_for_is_not_cleared(queue: RunQueue) -> None:
    first = queue.add(CONFIG)
    queue.add(CONFIG, after=first)
    queue.add(CONFIG)
    taken(queue)
    queue.finish(first, "done")
    queue.clear_ended()
    assert len(queue.entries()) == 3


def test_two_processes_at_once_lose_nothing(queue: RunQueue) -> None:
    code = (
        "from core.config import parse_config; from core.runs.queue import RunQueue\n"
        "queue = RunQueue()\n"
        "for number in range(15): queue.add(parse_config({}), title=str(number))\n"
    )
    workers = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [worker.wait() for worker in workers] == [0, 0]
    titles = sorted(int(entry.title) for entry in queue.entries())
    assert titles == sorted([*range(15), *range(15)])
    assert len({entry.id for entry in queue.entries()}) == 30


@pytest.mark.parametrize("content", ['{"version": 1, "entr', "[]", '{"entries": [{"id": 3}]}', ""])
def test_a_torn_file_is_kept_aside(queue: RunQueue, content: str) -> None:
    queue.path.write_text(content)
    assert queue.entries() == ()
    assert queue.path.with_name("queue.damaged.json").read_text() == content
    queue.add(CONFIG)
    assert states(queue) == ["queued"]


def test_a_configuration_of_another_version_fails_alone(queue: RunQueue) -> None:
    queue.add(CONFIG, title="newer")
    second = queue.add(CONFIG)
    content: Any = json.loads(queue.path.read_text())
    content["entries"][0]["config"]["nonsense"] = 1
    queue.path.write_text(json.dumps(content))
    assert states(queue) == ["failed", "queued"]
    assert "nonsense" in queue.entries()[0].problem
    assert taken(queue).id == second


def test_an_entry_is_a_new_run_or_a_resumed_one(queue: RunQueue, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="either"):
        queue.add()
    queue.add(resume=str(tmp_path / "2026_ce"))
    assert queue.entries()[0].title == "2026_ce"


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StudioError, match="cannot be written"):
        RunQueue(tmp_path / "file" / "queue.json").add(CONFIG)


def started() -> RunStarted:
    return RunStarted(
        epochs=1,
        steps_per_epoch=1,
        device="cpu",
        parameters=1,
        vocabulary_size=1,
        train_clips=1,
        validation_clips=1,
    )


def test_the_state_of_a_run_is_found_by_its_epoch(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    assert run.epoch_state(4).name == "epoch-4.state.pt"
    assert run.epoch_checkpoint(4).name == "epoch-4.safetensors"
    assert RunConfig().training.keep_states == ()
