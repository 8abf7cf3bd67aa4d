"""Carrying an experiment out: its runs through the queue, then their evaluation.

Torch is imported when the first run begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.config import replace_fields
from core.errors import StudioError
from core.evaluation import evaluate_checkpoint
from core.evaluation.evaluation_files import SCORES_FILE
from core.events import Event, Noted, Warned
from core.experiments.analysis import run_evaluation_folder
from core.experiments.plan import Experiment, PlannedRun, planned_runs
from core.experiments.status import ExperimentStatus, experiment_status
from core.runs.queue import RunQueue
from core.training.queue_runner import run_queue

_OPEN = ("queued", "running")


def queue_experiment(experiment: Experiment, queue: RunQueue | None = None) -> tuple[str, ...]:
    """Queue every run that is neither finished nor queued already; return the new entries.

    A run that was stopped goes on from its folder. A run that branches waits for the one whose
    first epochs it shares, or branches at once where that one is finished.
    """
    queue = queue or RunQueue()
    status = experiment_status(experiment)
    waiting = {
        (entry.config.arm, entry.config.seed): entry.id
        for entry in queue.entries()
        if entry.group == experiment.name and entry.state in _OPEN and entry.config is not None
    }
    resumed = {entry.resume for entry in queue.entries() if entry.state in _OPEN}
    ids: dict[str, str] = {}
    added: list[str] = []
    for planned in planned_runs(experiment):
        place = (planned.arm, planned.seed)
        cell = status.cell(*place)
        if place in waiting:
            ids[planned.key] = waiting[place]
            continue
        if cell.state in ("finished", "running") or (cell.run and str(cell.run.path) in resumed):
            continue
        title = f"{experiment.title}: {planned.arm}, seed {planned.seed}"
        if cell.run is not None and cell.run.state.is_file():
            new = queue.add(resume=str(cell.run.path), title=title, group=experiment.name)
        else:
            new = _add(queue, experiment, planned, status, ids, title)
        ids[planned.key] = new
        added.append(new)
    return tuple(added)


def run_experiment(
    experiment: Experiment, *, metrics: Sequence[str] | None = None, device: str = "auto"
) -> Iterator[Event]:
    """Train what is missing of an experiment and evaluate every finished run.

    Yields the events of the runs and of the evaluations. May be closed and called again: what is
    done is not done twice.
    """
    queue = RunQueue()
    queue_experiment(experiment, queue)
    yield from run_queue(queue)
    yield from evaluate_experiment(experiment, metrics=metrics, device=device)


def evaluate_experiment(
    experiment: Experiment, *, metrics: Sequence[str] | None = None, device: str = "auto"
) -> Iterator[Event]:
    """Evaluate the best checkpoint of every finished run that was not evaluated since it ended."""
    status = experiment_status(experiment)
    for cell in status.cells:
        if cell.state != "finished" or cell.run is None or not cell.run.best.is_file():
            continue
        target = run_evaluation_folder(experiment, cell.run.best)
        kept = target / SCORES_FILE
        if kept.is_file() and kept.stat().st_mtime >= cell.run.best.stat().st_mtime:
            continue
        yield Noted(message=f"Evaluating {cell.arm}, seed {cell.seed}")
        try:
            yield from evaluate_checkpoint(
                cell.run.best,
                experiment.base.data.dataset,
                experiment.split,
                target,
                root=experiment.base.data.root,
                device=device,
                metrics=metrics,
            )
        except StudioError as error:
            yield Warned(message=f"{cell.arm}, seed {cell.seed} cannot be evaluated: {error}")


def _add(
    queue: RunQueue,
    experiment: Experiment,
    planned: PlannedRun,
    status: ExperimentStatus,
    ids: dict[str, str],
    title: str,
) -> str:
    config = planned.config
    if planned.keep_states:
        config = replace_fields(config, {"training.keep_states": list(planned.keep_states)})
    if planned.after in ids:
        source = ids[planned.after]
        return queue.add(
            config,
            title=title,
            group=experiment.name,
            after=source,
            initial_from=f"{source}:{planned.branch_epoch}",
        )
    if planned.after:
        number, _, seed = planned.after.partition(":")
        trunk = status.cell(experiment.arms[int(number)].name, int(seed)).run
        state = trunk.epoch_state(planned.branch_epoch) if trunk is not None else None
        if state is not None and state.is_file():
            config = replace_fields(config, {"training.branch_from": str(state)})
    return queue.add(config, title=title, group=experiment.name)
