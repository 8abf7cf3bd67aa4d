"""All settings of a run as a table: dotted path, value, what is allowed, what it does."""

from __future__ import annotations

import json
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from core.cli.output import table
from core.config import OBJECTIVE_CONFIGS, RunConfig, allowed_range

_HEAD = ("setting", "value", "allowed", "what it does")
_HIDDEN = {"schema_version", "preset", "experiment", "arm"}


def settings_table(config: RunConfig) -> str:
    """Return the table of every setting with its value in `config`."""
    rows = _rows(RunConfig, config, "")
    text = table(_HEAD, rows)
    present = {term.name for term in config.objectives}
    for name, term in OBJECTIVE_CONFIGS.items():
        if name not in present:
            text += f'\n\n{term.__doc__}\nWith --set \'objectives=[{{"name": "{name}"}}]\':\n'
            text += table(_HEAD, _rows(term, term(), "objectives.0."))
    return text


def _rows(model: type[BaseModel], values: BaseModel, prefix: str) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for name, info in model.model_fields.items():
        value = getattr(values, name)
        path = prefix + name
        if path in _HIDDEN or (name == "name" and model in OBJECTIVE_CONFIGS.values()):
            continue
        if isinstance(value, BaseModel):
            rows += _rows(type(value), value, f"{path}.")
        elif isinstance(value, tuple) and path == "objectives":
            for number, item in enumerate(value):
                rows += _rows(type(item), item, f"{path}.{number}.")
        else:
            # A loss term's range is its own: another method may have a field of the same name.
            term = getattr(values, "name", "") if model in OBJECTIVE_CONFIGS.values() else ""
            full = f"{prefix}{term}.{name}" if term else path
            rows.append((path, _plain(value), _allowed(full, info), info.description or ""))
    return rows


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _allowed(path: str, info: Any) -> str:
    if get_origin(info.annotation) is Literal:
        return ", ".join(str(choice) for choice in get_args(info.annotation))
    if info.annotation is bool:
        return "true, false"
    return allowed_range(path)
