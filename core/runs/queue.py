"""Runs that wait their turn: `queue.json` in the user's folder, safe for several processes.

Every change is made under a lock and written whole or not at all, so the queue survives a crash of
whoever changes it and a restart of the app. An entry that was running when its process died goes
back to waiting, and resumes its run folder.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from core import paths
from core.config import RunConfig, replace_fields
from core.errors import StudioError
from core.runs.file_lock import file_lock
from core.runs.folder import RunFolder, summarize
from core.runs.owner import describe_process, process_is_alive
from core.runs.queue_file import (
    ENDED,
    STATES,
    QueuedRun,
    QueueState,
    read_entries,
    write_entries,
)

__all__ = ["ENDED", "QueueState", "QueuedRun", "RunQueue"]

T = TypeVar("T")


# A queue that cannot be read is kept under this name beside the one that begins anew.
DAMAGED = "queue.damaged.json"


class RunQueue:
    """The queue in a file; every method reads it afresh. `path` defaults to the user's own.

    All methods raise `StudioError` where the file cannot be written. A file that cannot be read is
    kept as ``queue.damaged.json`` beside it, and the queue begins empty.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or paths.home() / "queue.json"

    def entries(self) -> tuple[QueuedRun, ...]:
        """Return all entries in their order, those whose process died waiting again."""
        found = read_entries(self.path)
        if found is not None and not any(_is_orphan(entry) for entry in found):
            return tuple(found)
        return self._change(lambda entries: tuple(entries))

    def add(
        self,
        config: RunConfig | None = None,
        *,
        title: str = "",
        resume: str = "",
        group: str = "",
        after: str = "",
        initial_from: str = "",
    ) -> str:
        """Append an entry and return its identifier. Needs `config` or `resume`, not both."""
        if (config is None) == (not resume):
            raise ValueError("a queued run is either a configuration or a run to resume")
        title = title or (_title_of(config) if config else Path(resume).name)
        entry = QueuedRun(
            id=secrets.token_hex(4),
            title=title,
            config=config,
            resume=resume,
            group=group,
            after=after,
            initial_from=initial_from,
        )

        def change(entries: list[QueuedRun]) -> str:
            entries.append(entry)
            return entry.id

        return self._change(change)

    def remove(self, id: str) -> None:
        """Take an entry out. Raises `StudioError` while it runs."""

        def change(entries: list[QueuedRun]) -> None:
            place = _place(entries, id)
            if entries[place].state == "running":
                raise StudioError(f"{entries[place].title} is running; stop it first.")
            del entries[place]

        self._change(change)

    def move(self, id: str, to: int) -> None:
        """Move an entry to place `to` of the whole list, counted from 0."""

        def change(entries: list[QueuedRun]) -> None:
            entry = entries.pop(_place(entries, id))
            entries.insert(max(0, to), entry)

        self._change(change)

    def cancel(self, id: str) -> None:
        """Keep a waiting entry in the list but never run it; `requeue` takes it back."""
        self._update(id, lambda entry: replace(entry, state="cancelled"), only=("queued",))

    def requeue(self, id: str) -> None:
        """Let an ended entry wait again; it resumes its run folder where there is one."""
        self._update(id, _waiting_again, only=ENDED)

    def clear_ended(self) -> None:
        """Drop what has ended and what nothing waiting refers to."""

        def change(entries: list[QueuedRun]) -> None:
            live = [entry for entry in entries if entry.state not in ENDED]
            needed = {entry.after for entry in live} | {_source(entry) for entry in live}
            entries[:] = [
                entry for entry in entries if entry.state not in ENDED or entry.id in needed
            ]

        self._change(change)

    def next_ready(self) -> QueuedRun | None:
        """Mark the first entry that may run as running by this process, and return it.

        None while another entry runs, and when nothing waits. Entries that can never run, because
        what they wait for failed, are marked as failed. The returned configuration has its
        `initial_from` filled in.
        """
        return self._change(_take_next)

    def started(self, id: str, run: Path) -> None:
        """Note the folder of a running entry, so that it can be resumed after a crash."""
        self._update(id, lambda entry: replace(entry, run=str(run)))

    def finish(self, id: str, state: QueueState, run: str = "", problem: str = "") -> None:
        """Note how an entry ended, or with "queued" that it was stopped and waits again."""

        def ended(entry: QueuedRun) -> QueuedRun:
            entry = replace(entry, run=run or entry.run, problem=problem, owner={})
            return _waiting_again(entry) if state == "queued" else replace(entry, state=state)

        self._update(id, ended)

    def _update(
        self,
        id: str,
        change: Callable[[QueuedRun], QueuedRun],
        only: Sequence[QueueState] = STATES,
    ) -> None:
        def applied(entries: list[QueuedRun]) -> None:
            place = _place(entries, id)
            if entries[place].state in only:
                entries[place] = change(entries[place])

        self._change(applied)

    def _change(self, change: Callable[[list[QueuedRun]], T]) -> T:
        """Apply a change to the entries under the lock and write what came of it."""
        try:
            with file_lock(self.path.with_suffix(".lock")):
                before = read_entries(self.path)
                if before is None:
                    self.path.replace(self.path.with_name(DAMAGED))
                entries = [_recovered(entry) for entry in before or []]
                result = change(entries)
                if entries != before:
                    write_entries(self.path, entries)
                return result
        except OSError as error:
            raise StudioError(
                f"The queue {self.path} cannot be written ({error.strerror or error}); check the "
                "disk and who may write there."
            ) from error


def _take_next(entries: list[QueuedRun]) -> QueuedRun | None:
    if any(entry.state == "running" for entry in entries):
        return None
    for place, entry in enumerate(entries):
        if entry.state != "queued":
            continue
        try:
            if _waits(entry, entries):
                continue
            entry = replace(entry, config=_filled_in(entry, entries))
        except StudioError as error:
            entries[place] = replace(entry, state="failed", problem=str(error))
            continue
        entries[place] = replace(
            entries[place], state="running", problem="", owner=describe_process()
        )
        return replace(entries[place], config=entry.config)
    return None


def _waits(entry: QueuedRun, entries: Sequence[QueuedRun]) -> bool:
    """Say whether an entry must wait. Raises `StudioError` when it would wait for ever."""
    for wanted in {entry.after, _source(entry)} - {""}:
        other = next((item for item in entries if item.id == wanted), None)
        if other is None:
            if wanted == _source(entry) and not entry.resume:
                raise StudioError(f"The run that {entry.title} starts from left the queue.")
        elif other.state in ("failed", "cancelled"):
            raise StudioError(f"{entry.title} waited for {other.title}, which {other.state}.")
        elif other.state != "done":
            return True
    return False


def _filled_in(entry: QueuedRun, entries: Sequence[QueuedRun]) -> RunConfig | None:
    """Return the configuration with the path that `initial_from` means."""
    if entry.config is None or entry.resume or not entry.initial_from:
        return entry.config
    run = RunFolder(Path(next(item.run for item in entries if item.id == _source(entry))))
    kind = entry.initial_from.partition(":")[2] or "last"
    if kind.isdigit():
        wanted, setting = run.epoch_state(int(kind)), "training.branch_from"
    else:
        wanted = run.best if kind == "best" else run.last
        setting = "training.initial_checkpoint"
    if not wanted.is_file():
        raise StudioError(f"{entry.title} cannot start: {wanted} is missing.")
    return replace_fields(entry.config, {setting: str(wanted)})


def _title_of(config: RunConfig) -> str:
    """Name a run before it has a folder: several of a preset mostly differ in their seed."""
    return config.name or f"{config.preset or 'run'} · seed {config.seed}"


def _source(entry: QueuedRun) -> str:
    return entry.initial_from.partition(":")[0]


def _place(entries: Sequence[QueuedRun], id: str) -> int:
    for place, entry in enumerate(entries):
        if entry.id == id:
            return place
    raise StudioError(f"The queue has no entry {id}; 'aac-studio queue list' shows what it has.")


def _is_orphan(entry: QueuedRun) -> bool:
    return entry.state == "running" and not process_is_alive(entry.owner)


def _recovered(entry: QueuedRun) -> QueuedRun:
    """Return the entry as it stands now that its process may have died."""
    return _waiting_again(entry) if _is_orphan(entry) else entry


def _waiting_again(entry: QueuedRun) -> QueuedRun:
    entry = replace(entry, owner={}, problem="")
    if not entry.run or not Path(entry.run).is_dir():
        return replace(entry, state="queued", run="")
    if summarize(RunFolder(Path(entry.run))).state == "finished":
        return replace(entry, state="done")
    return replace(entry, state="queued", resume=entry.run)
