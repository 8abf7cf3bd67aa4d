"""Working through the queue: one run after the other. Torch is imported when the first begins."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

from core.errors import StudioError
from core.events import Event, Noted, RunEnded, Warned, close_work
from core.runs import create_run, open_run
from core.runs.queue import QueuedRun, QueueState, RunQueue


def run_queue(queue: RunQueue | None = None) -> Iterator[Event]:
    """Train the runs in the queue until none is left that may run.

    Yields the events of the runs, and `Noted` before each. A run that fails is marked as failed and
    the next one begins. Closing the generator stops the current run, which is queued again and will
    be resumed.
    """
    queue = queue or RunQueue()
    while (entry := queue.next_ready()) is not None:
        yield from run_entry(entry, queue)


def run_entry(entry: QueuedRun, queue: RunQueue) -> Iterator[Event]:
    """Train one entry from `RunQueue.next_ready`, and record in the queue how it ended.

    A run that was asked to stop is cancelled; `RunQueue.requeue` lets it be resumed later.
    """
    state: QueueState = "queued"
    problem = folder = ""
    try:
        yield Noted(message=f"Training {entry.title}.")
        from core.training import resume_run, train_run

        if entry.resume:
            run = open_run(Path(entry.resume))
        else:
            assert entry.config is not None, "an entry has either a configuration or a run"
            run = create_run(entry.config)
        folder = str(run.path)
        queue.started(entry.id, run.path)
        events = resume_run(run) if entry.resume else train_run(run.config(), run)
        state = yield from _trained(events)
    except StudioError as error:
        state, problem = "failed", str(error)
    except Exception as error:
        # A bug, whose traceback is in the run folder; it must not keep the others from running.
        state, problem = "failed", f"{type(error).__name__}: {error}"
    finally:
        queue.finish(entry.id, state, folder, problem)
    if problem:
        yield Warned(message=f"{entry.title} failed: {problem}")


def _trained(events: Iterator[Event]) -> Generator[Event, None, QueueState]:
    """Pass on the events of a run; return the state of its entry afterwards."""
    state: QueueState = "done"
    try:
        for event in events:
            if isinstance(event, RunEnded) and event.reason == "stopped":
                state = "cancelled"
            yield event
    finally:
        close_work(events)
    return state
