"""All settings of a run as a table: dotted path, value, what is allowed, what it does."""

from __future__ import annotations

import json
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from core.cli.output import table
from core.config import CaptionNTXentConfig, RunConfig, allowed_range

_HIDDEN = {"schema_version", "preset"}


def settings_table(config: RunConfig) -> str:
    """Return the table of every setting with its value in `config`."""
    rows = _rows(RunConfig, config, "")
    text = table(("setting", "value", "allowed", "what it does"), rows)
    if not config.objectives:
        term = _rows(CaptionNTXentConfig, CaptionNTXentConfig(), "objectives.0.")
        text += (
            '\n\nWith --set \'objectives=[{"name": "caption-ntxent"}]\', or in a preset that has '
            "a contrastive term:\n\n" + table(("setting", "value", "allowed", "what it does"), term)
        )
    return text


def _rows(model: type[BaseModel], values: BaseModel, prefix: str) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for name, info in model.model_fields.items():
        value = getattr(values, name)
        path = prefix + name
        if path in _HIDDEN:
            continue
        if isinstance(value, BaseModel):
            rows += _rows(type(value), value, f"{path}.")
        elif isinstance(value, tuple):
            for number, item in enumerate(value):
                rows += _rows(type(item), item, f"{path}.{number}.")
        else:
            rows.append((path, _plain(value), _allowed(path, info), info.description or ""))
    return rows


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _allowed(path: str, info: Any) -> str:
    if get_origin(info.annotation) is Literal:
        return ", ".join(str(choice) for choice in get_args(info.annotation))
    if info.annotation is bool:
        return "true, false"
    return allowed_range(path)
