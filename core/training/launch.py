"""Starting a run, branching it from another, and resuming one."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress

from core.config import RunConfig
from core.data.tokenizer import Tokenizer
from core.device import choose_device
from core.errors import RunFolderError
from core.events import Event, RunEnded
from core.files import write_json_atomic, write_text_atomic
from core.runs import RunFolder, record
from core.runs.branching import branch_source, copy_history
from core.runs.environment import describe_environment
from core.training.distributed import WorkerGroup
from core.training.final_scores import final_evaluation
from core.training.prepare import Prepared, prepare
from core.training.run_requests import StopAsked, stoppable
from core.training.trainer import Trainer


def train_run(
    config: RunConfig, run: RunFolder, workers: WorkerGroup | None = None
) -> Iterator[Event]:
    """Train a new run in its folder, recording every event there.

    With `workers`, only rank 0 records.

    Yields
    ------
    Event
        Progress of the feature extraction, then the training, then `RunEnded`.

    Raises
    ------
    StudioError
        For whatever the user can fix; the folder then records that the run failed, and why.
    """
    return _recorded(run, _train(config, run, workers, resume=False), workers)


def resume_run(run: RunFolder, workers: WorkerGroup | None = None) -> Iterator[Event]:
    """Resume a stopped, interrupted or failed run from its last state.

    A run that ended before its first state was saved starts from the beginning.
    Raises `RunFolderError` or `CheckpointError` when it cannot be resumed.
    """
    there = run.state.exists() or run.previous_state.exists()
    return _recorded(run, _train(run.config(), run, workers, resume=there), workers)


def _recorded(
    run: RunFolder, events: Iterator[Event], workers: WorkerGroup | None
) -> Iterator[Event]:
    return record(run, events) if workers is None or workers.is_main else events


def _train(
    config: RunConfig, run: RunFolder, workers: WorkerGroup | None, resume: bool
) -> Iterator[Event]:
    device = choose_device(config.device if workers is None else workers.device(config.device))
    is_main = workers is None or workers.is_main
    if is_main:
        write_json_atomic(run.environment_file, describe_environment(str(device), config.seed))
    source = branch_source(config) if config.training.branch_from and not resume else None
    origin = run if resume else source.run if source else None
    tokenizer = _kept_tokenizer(origin) if origin else None
    data = yield from _prepared(prepare(config, device, tokenizer), run, workers)
    if data is None:
        yield RunEnded(reason="stopped")
        return
    if is_main:
        write_text_atomic(run.tokenizer_file, data.tokenizer.to_json())
    state = source.state if source else None
    trainer = Trainer(config, run, data, device, resume, state, workers)
    if source is not None and is_main:
        at = trainer.position
        copy_history(source.run, run, at.epoch, at.reported_step, at.unscored_step)
    yield from trainer.run()
    if is_main and trainer.position.epoch >= config.training.epochs:
        with suppress(StopAsked):  # The run is trained, whatever else is left out.
            yield from stoppable(run, final_evaluation(config, run))


def _prepared(
    work: Generator[Event, None, Prepared], run: RunFolder, workers: WorkerGroup | None
) -> Generator[Event, None, Prepared | None]:
    """Prepare the data, unless the run is stopped before it is done.

    Rank 0 extracts the features; the others wait for it and then read them.
    """
    if workers is not None and not workers.is_main:
        return (yield from work) if workers.broadcast(False) else None
    ready = False
    try:
        data = yield from stoppable(run, work)
        ready = True
    except StopAsked:
        return None
    finally:
        if workers is not None:
            workers.broadcast(ready)
    return data


def _kept_tokenizer(run: RunFolder) -> Tokenizer:
    try:
        return Tokenizer.from_json(run.tokenizer_file.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError) as error:
        raise RunFolderError(
            f"{run.tokenizer_file} is missing or damaged, so the run cannot be resumed."
        ) from error
