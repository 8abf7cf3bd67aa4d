"""From plain values, files and command lines to a `RunConfig`, and from findings to sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from core.config.objectives import CaptionNTXentConfig
from core.config.run import RunConfig
from core.config.sections import Section
from core.errors import ConfigError
from core.files import read_json, write_text_atomic


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
        raise ConfigError(f"{path} is not a readable JSON file ({error}).") from error
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
    location = ".".join(str(part) for part in finding["loc"])
    kind, context = finding["type"], finding.get("ctx", {})
    value = _shortened(finding.get("input"))
    if kind == "extra_forbidden":
        text = f"'{location}' is no setting"
    elif kind in _BOUNDS:
        key, phrase = _BOUNDS[kind]
        text = f"{location} is {value} but {phrase.format(f'{context[key]:.10g}')}"
    elif kind == "literal_error":
        text = f"{location} is {value} but must be {context['expected']}"
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
    allowed = allowed_range(location)
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
        return f"{bounds['ge']} to {bounds['le']}"
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    return ", ".join(f"{words[key]} {value}" for key, value in bounds.items())


def field_info(path: str) -> Any:
    """Return pydantic's description of the field at a dotted path such as "training.epochs"."""
    model: type[BaseModel] = RunConfig
    info = None
    for part in path.split("."):
        if part.isdigit() or part == "caption-ntxent":
            continue
        info = model.model_fields.get(part)
        if info is None:
            return None
        if part == "objectives":
            model = CaptionNTXentConfig
        elif isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            model = info.annotation
    return info


def replace_field(config: RunConfig, path: str, value: Any) -> RunConfig:
    """Return a copy with the field at a dotted path set, validated as a whole.

    Numbers in the path index lists: ``objectives.0.weight``. Raises `ConfigError`.
    """
    values: Any = config.model_dump(mode="json")
    target: Any = values
    *parents, last = path.split(".")
    try:
        for part in parents:
            target = target[int(part)] if isinstance(target, list) else target[part]
        if isinstance(target, list):
            target[int(last)] = value
        else:
            if last not in target:
                raise KeyError(last)
            target[last] = value
    except (KeyError, IndexError, ValueError, TypeError):
        raise ConfigError(
            f"'{path}' is no setting; 'aac-studio train --list-settings' lists them."
        ) from None
    return parse_config(values, "the settings")
