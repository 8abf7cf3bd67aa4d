"""What stands in the queue's file: its entries as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from core.config import RunConfig, parse_config
from core.errors import ConfigError
from core.files import read_json, write_json_atomic

QueueState = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED: tuple[QueueState, ...] = ("done", "failed", "cancelled")
STATES: tuple[QueueState, ...] = get_args(QueueState)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedRun:
    """One entry of the queue.

    Attributes
    ----------
    id, title
        Its identifier, and what it is called.
    config, resume
        Either the configuration of a new run or the folder of a run that goes on.
    group
        Name of the experiment it belongs to, or "".
    after
        Identifier of the entry it waits for, or "". When that one fails, so does this one.
    initial_from
        "<id>:<n>": branch from the state that the run of entry <id> kept after n epochs.
        "<id>:last" or "<id>:best": start a new training from that checkpoint's weights. Or "".
    state, run, problem
        Where it stands, its run folder once started, and a sentence when it failed.
    """

    id: str
    title: str
    config: RunConfig | None = field(default=None, repr=False)
    resume: str = ""
    group: str = ""
    after: str = ""
    initial_from: str = ""
    state: QueueState = "queued"
    run: str = ""
    problem: str = ""
    owner: dict[str, Any] = field(default_factory=dict, repr=False)


def write_entries(path: Path, entries: Sequence[QueuedRun]) -> None:
    """Write all entries, whole or not at all."""
    records = [
        {item.name: getattr(entry, item.name) for item in fields(entry)}
        | {"config": entry.config.model_dump(mode="json") if entry.config else None}
        for entry in entries
    ]
    write_json_atomic(path, {"version": 1, "entries": records})


def read_entries(path: Path) -> list[QueuedRun] | None:
    """Return the entries of the file, none where there is no file; None where it is damaged."""
    try:
        return [_entry(record) for record in read_json(path)["entries"]]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _entry(record: dict[str, Any]) -> QueuedRun:
    known = {item.name for item in fields(QueuedRun)}
    values = {key: value for key, value in record.items() if key in known}
    texts = known - {"config", "owner"}
    if any(not isinstance(values.get(name, ""), str) for name in texts):
        raise ValueError("an entry of the queue has a field of another type")
    if values.get("state", "queued") not in STATES:
        raise ValueError("an entry of the queue has an unknown state")
    if values.get("config") is not None:
        try:
            values["config"] = parse_config(values["config"])
        except ConfigError as error:
            # Made by another version: the others may still run.
            values |= {"config": None, "state": "failed", "problem": str(error)}
    return QueuedRun(**values)
