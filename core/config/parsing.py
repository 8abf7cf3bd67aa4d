"""From plain values, files and command lines to a `RunConfig`, and from findings to sentences."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from core.config.objectives import OBJECTIVE_CONFIGS
from core.config.run import RunConfig
from core.config.section import Section
from core.errors import ConfigError
from core.files import read_json, unreadable_json, write_text_atomic
from core.wording import did_you_mean


def parse_config(values: Any, origin: str = "the configuration") -> RunConfig:
    """Make a `RunConfig` from plain values.

    Raises `ConfigError` whose sentence names every wrong field, its value and the allowed range.
    """
    try:
        return RunConfig.model_validate(values)
    except ValidationError as error:
        problems = [problem.sentence for problem in describe_problems(error)]
        raise ConfigError(f"{origin}: " + "; ".join(problems) + ".") from error


def load_config(path: Path) -> RunConfig:
    """Read a configuration file. Raises `ConfigError` when it is missing, no JSON or wrong."""
    try:
        values = read_json(path)
    except FileNotFoundError:
        raise ConfigError(
            f"{path} does not exist; give the path of a configuration file."
        ) from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} is not a configuration: {unreadable_json(error)}.") from error
    return parse_config(values, str(path))


def save_config(config: RunConfig, path: Path) -> None:
    """Write a configuration as indented JSON, whole or not at all."""
    write_text_atomic(path, config.model_dump_json(indent=2) + "\n")


class Problem(Section):
    """One wrong field: its dotted path (empty for the whole) and a sentence about it."""

    field: str
    sentence: str


def describe_problems(error: ValidationError) -> list[Problem]:
    """Turn pydantic's findings into sentences that name the field and what is allowed."""
    return [_describe(dict(finding)) for finding in error.errors(include_url=False)]


_KINDS = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of fewer digits",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "tuple_type": "a list",
    "model_type": "a group of settings",
    "model_attributes_type": "a group of settings",
}
_BOUNDS = {
    "greater_than_equal": ("ge", "must be at least {}"),
    "greater_than": ("gt", "must be above {}"),
    "less_than_equal": ("le", "must be at most {}"),
    "less_than": ("lt", "must be below {}"),
}


def _describe(finding: dict[str, Any]) -> Problem:
    full_path = ".".join(str(part) for part in finding["loc"])
    # Findings within a loss term name its method after its number; paths of settings do not.
    location = ".".join(part for part in full_path.split(".") if part not in OBJECTIVE_CONFIGS)
    kind, context = finding["type"], finding.get("ctx", {})
    value = _shortened(finding.get("input"))
    if kind == "extra_forbidden":
        text = f"'{location}' is not a setting"
    elif kind in _BOUNDS:
        key, phrase = _BOUNDS[kind]
        text = f"{location} is {value} but {phrase.format(f'{context[key]:.10g}')}"
    elif kind == "literal_error":
        text = f"{location} is {value} but must be {context['expected']}"
    elif kind.startswith("union_tag"):
        name = (finding.get("input") or {}).get("name")
        text = f"{location}.name is {name!r} but must be one of {', '.join(OBJECTIVE_CONFIGS)}"
    elif kind in _KINDS:
        text = f"{location or 'the whole'} is {value} but must be {_KINDS[kind]}"
    elif kind == "string_too_long":
        text = f"{location} is {value} but must have at most {context['max_length']} characters"
    elif kind == "string_pattern_mismatch":
        # The description of such a field begins with what may be written.
        text = f"{location} is {value} but must be {field_info(location).description.split(';')[0]}"
    elif kind == "value_error":
        text = str(context["error"])
        if location:
            text = f"{location}: {text}"
    else:
        text = f"{location or 'the whole'} is {value}: {finding['msg'].lower()}"
    allowed = allowed_range(full_path)
    if allowed and kind != "value_error" and allowed not in text:
        text += f" (allowed: {allowed})"
    return Problem(field=location, sentence=text)


def _shortened(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:50]}…"


def allowed_range(path: str) -> str:
    """Say which numbers a field takes, as "1 to 100000", "above 0, at most 1" or ""."""
    info = field_info(path)
    if info is None:
        return ""
    bounds: dict[str, Any] = {}
    for item in info.metadata:
        for key in ("ge", "gt", "le", "lt"):
            if getattr(item, key, None) is not None:
                bounds[key] = getattr(item, key)
    if "ge" in bounds and "le" in bounds:
        return f"{bounds['ge']:.10g} to {bounds['le']:.10g}"
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    return ", ".join(f"{words[key]} {value:.10g}" for key, value in bounds.items())


def field_info(path: str) -> Any:
    """Return pydantic's description of the field at a dotted path such as "training.epochs".

    In ``objectives.0.caption-ntxent.weight`` the method decides which loss term is meant; without
    it, the first one that has such a field. None for a path that leads nowhere.
    """
    head, _, rest = path.partition(".")
    info = RunConfig.model_fields.get(head)
    if info is None or not rest:
        return info
    if head == "objectives":
        parts = [part for part in rest.split(".") if not part.isdigit()]
        methods = [OBJECTIVE_CONFIGS[part] for part in parts if part in OBJECTIVE_CONFIGS]
        fields = [part for part in parts if part not in OBJECTIVE_CONFIGS]
        if not fields:
            return info
        found = (
            model.model_fields.get(fields[0]) for model in methods or OBJECTIVE_CONFIGS.values()
        )
        return next((field for field in found if field is not None), None)
    section = info.annotation
    if isinstance(section, type) and issubclass(section, BaseModel):
        return section.model_fields.get(rest)
    return None


def typed_value(path: str, text: str) -> Any:
    """Read what was typed for a field: as it stands for text, else as JSON where it is such."""
    info = field_info(path)
    if info is not None and info.annotation is str:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def replace_fields(config: RunConfig, changes: Mapping[str, Any]) -> RunConfig:
    """Return a copy with the fields at dotted paths set, validated once and as a whole.

    Numbers in a path index lists: ``objectives.0.weight``. Raises `ConfigError`.
    """
    values: Any = config.model_dump(mode="json")
    for path, value in changes.items():
        _set(values, path, value)
    return parse_config(values, "the settings")


def _like_setting(path: str, known: Sequence[str]) -> str:
    """Return the question after a setting of that last name, or one that is written alike."""
    named_so = [one for one in known if one.rpartition(".")[2] == path.rpartition(".")[2]]
    return f"; did you mean {named_so[0]}?" if named_so else did_you_mean(path, known)


def _paths_in(values: Any, prefix: str = "") -> Iterator[str]:
    items = values.items() if isinstance(values, dict) else enumerate(values)
    for name, value in items:
        if isinstance(value, (dict, list)) and value:
            yield from _paths_in(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _set(values: Any, path: str, value: Any) -> None:
    target = values
    *parents, last = path.split(".")
    try:
        for part in parents:
            target = target[int(part)] if isinstance(target, list) else target[part]
        if isinstance(target, list):
            target[int(last)] = value
        elif last in target:
            target[last] = value
        else:
            raise KeyError(last)
    except (KeyError, IndexError, ValueError, TypeError):
        close = _like_setting(path, list(_paths_in(values))) or ";"
        raise ConfigError(
            f"'{path}' is not a setting{close} 'aac-studio train --list-settings' lists them."
        ) from None
