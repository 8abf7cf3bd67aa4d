"""Going on from another run's state: where it is, whether it fits, and what happened until then."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from core.config import RunConfig
from core.errors import RunFolderError
from core.events import (
    CheckpointSaved,
    Event,
    RunStarted,
)
from core.files import write_bytes_atomic
from core.runs.events_file import EventsFile
from core.runs.folder import RunFolder, open_run
from core.runs.history import effective, is_undone

# What must be the same so that the steps after the branch mean the same as those before.
_SHARED = ("data", "model", "training.batch_size", "training.accumulate")


@dataclass(frozen=True, slots=True)
class BranchSource:
    """A state and the run that kept it."""

    run: RunFolder
    state: Path


def branch_source(config: RunConfig) -> BranchSource:
    """Return the state that a configuration branches from.

    `training.branch_from` is a run folder (its last state), a kept ``epoch-<n>.state.pt``, or the
    checkpoint beside it. Raises `RunFolderError` when there is none, or when it belongs to a run of
    other data, another model or other batches.
    """
    given = Path(config.training.branch_from).expanduser()
    if given.is_dir():
        source = BranchSource(open_run(given), RunFolder(given).state)
    else:
        state = given.with_name(re.sub(r"\.safetensors$", ".state.pt", given.name))
        source = BranchSource(open_run(given.parent.parent), state)
    if not source.state.is_file():
        raise RunFolderError(
            f"There is no state {source.state} to branch from; name its epoch in "
            "training.keep_states of the run that is branched."
        )
    theirs = source.run.config()
    for path in _SHARED:
        own, other = (_at(item, path) for item in (config, theirs))
        if own != other:
            raise RunFolderError(
                f"{source.run.name} cannot be branched: its settings of {path} are others; a "
                "branch keeps data, model and batches, and may change all else."
            )
    return source


def copy_history(
    source: RunFolder, branch: RunFolder, epoch: int, step: int, unscored_step: int = 0
) -> None:
    """Give a new branch the events of the epochs that it shares, as if it had trained them.

    The scores of the validation at `unscored_step`, if any, it will tell itself.
    """
    end = RunStarted(
        epochs=epoch,
        steps_per_epoch=max(1, step // max(1, epoch)),
        device="",
        parameters=0,
        vocabulary_size=0,
        train_clips=0,
        validation_clips=0,
        epoch=epoch,
        step=step,
        unscored_step=unscored_step,
    )
    for theirs, own in (
        (source.events, branch.events),
        (source.previews, branch.previews),
        (source.maps, branch.maps),
    ):
        _copy_events(theirs, own, end)


def _copy_events(theirs: EventsFile, own: EventsFile, end: RunStarted) -> None:
    if any(hasattr(event, "step") for _, event in own.read_all()):
        return  # It was begun before, and has them.
    lines = []
    started = False
    for time, event in effective(theirs.read_all()):
        if isinstance(event, RunStarted):
            if started:
                continue
            started = True
        if _is_shared(event, end):
            lines.append(EventsFile.line(event, time))
    present = own.path.read_bytes() if own.path.exists() else b""
    if lines:
        write_bytes_atomic(own.path, b"\n".join([*lines, present]))


def _is_shared(event: Event, end: RunStarted) -> bool:
    if isinstance(event, RunStarted):
        return True
    if isinstance(event, CheckpointSaved) and event.kind != "best":
        return False
    return hasattr(event, "step") and not is_undone(event, end)


def _at(config: RunConfig, path: str) -> object:
    value: object = config
    for part in path.split("."):
        value = getattr(value, part)
    return value
