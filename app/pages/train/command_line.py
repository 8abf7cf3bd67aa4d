"""A configuration as the command that starts it in a terminal."""

from __future__ import annotations

import json
import shlex
from typing import Any

from core.config import RunConfig
from core.presets import Preset

_LEFT_OUT = ("preset", "experiment", "arm")


def command_of(config: RunConfig, preset: Preset | None) -> str:
    """Return the ``aac-studio train`` command that starts this run from a preset."""
    base = preset.config if preset is not None else RunConfig()
    words = ["aac-studio", "train"]
    if preset is not None:
        words += ["--preset", preset.name]
    shown, common = config.model_dump(mode="json"), base.model_dump(mode="json")
    for path, value in _changes(common, shown, ""):
        if path not in _LEFT_OUT:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            words += ["--set", f"{path}={text}"]
    return shlex.join(words)


def _changes(base: Any, shown: Any, prefix: str) -> list[tuple[str, Any]]:
    """Return (dotted path, value) of everything that differs from the base."""
    found: list[tuple[str, Any]] = []
    for key, value in shown.items():
        path, old = f"{prefix}{key}", base.get(key)
        if value == old:
            continue
        if isinstance(value, dict) and isinstance(old, dict):
            found += _changes(old, value, f"{path}.")
        elif path == "objectives" and _same_terms(value, old):
            for number, (term, before) in enumerate(zip(value, old, strict=True)):
                found += _changes(before, term, f"{path}.{number}.")
        else:
            found.append((path, value))
    return found


def _same_terms(value: list[Any], old: list[Any]) -> bool:
    return [term["name"] for term in value] == [term["name"] for term in old]
