"""What becomes of an entry of the queue, by how its run ended."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import core.training
from core.config import RunConfig
from core.errors import StudioError
from core.events import Event, RunEnded, Warned
from core.runs import RunFolder
from core.runs.queue import RunQueue
from core.training.queue_runner import run_queue


def ending(end: RunEnded | Exception) -> object:
    def train(config: RunConfig, run: RunFolder) -> Iterator[Event]:
        if isinstance(end, Exception):
            raise end
        yield end

    return train


@pytest.mark.parametrize(
    ("end", "state", "warning"),
    [
        (RunEnded(reason="finished"), "done", ""),
        (RunEnded(reason="stopped"), "cancelled", ""),
        (StudioError("The disk is full."), "failed", "mine failed: The disk is full."),
        (KeyError("b"), "failed", "mine failed: KeyError: 'b'"),
    ],
)
def test_an_entry_tells_how_its_run_ended_and_the_next_one_begins(
    monkeypatch: pytest.MonkeyPatch, end: RunEnded | Exception, state: str, warning: str
) -> None:
    monkeypatch.setattr(core.training, "train_run", ending(end))
    queue = RunQueue()
    queue.add(RunConfig(), title="mine")
    queue.add(RunConfig(), title="mine")
    events = list(run_queue(queue))
    assert [entry.state for entry in queue.entries()] == [state, state]
    told = [event.message for event in events if isinstance(event, Warned)]
    assert told == [warning, warning] if warning else told == []


def test_a_queue_that_is_closed_keeps_the_run_for_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.training, "train_run", ending(RunEnded(reason="finished")))
    queue = RunQueue()
    queue.add(RunConfig(), title="mine")
    work = run_queue(queue)
    next(event for event in work if isinstance(event, RunEnded))
    work.close()  # type: ignore[attr-defined]
    assert [entry.state for entry in queue.entries()] == ["queued"]
