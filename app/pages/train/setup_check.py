"""What is wrong with the settings of the form, each finding with the row that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from app.pages.train.contrast_form import PREFIX
from app.pages.train.summary import method_title
from app.widgets.form import FieldRow
from core.config import JOINT, RunConfig, describe_problems, parse_config
from core.config.objectives import OBJECTIVE_CONFIGS
from core.errors import ConfigError

Rows = Mapping[str, FieldRow]


@dataclass(frozen=True)
class DataFacts:
    """Clips of the training and validation splits, and the most captions that a clip has."""

    clips: int = 0
    validation_clips: int = 0
    captions: int = 0


def check_settings(
    values: dict[str, Any], base: RunConfig, rows: Rows, problems: dict[str, str]
) -> RunConfig | None:
    """Read `values` as a configuration; without one, `problems` gets sentences by row.

    What is wrong between settings is only looked for once each is possible by itself, so impossible
    ones are taken from `base` for a second look.
    """
    for _ in range(2):
        try:
            config = parse_config(values, "the settings")
            return config if not problems else None
        except ConfigError as error:
            if not isinstance(error.__cause__, ValidationError):
                return None
            for problem in describe_problems(error.__cause__):
                path = row_of(problem.field, rows)
                problems.setdefault(path, _readable(problem.field, problem.sentence, rows))
            _mend(values, base, problems)
    return None


def choice_problems(rows: Rows, known: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Say by row what is chosen that is not there; `known` has what is, and what ails it."""
    found = {
        path: choice_problem(str(rows[path].value()), choices)
        for path, choices in known.items()
        if path != "device"
    }
    # Whoever names a folder of their own has another dataset than the one looked for.
    if rows["data.root"].value():
        found.pop("data.dataset", None)
    return {path: text for path, text in found.items() if text}


def choice_problem(value: str, known: Mapping[str, str]) -> str:
    """Say what is wrong with a choice, "" for nothing; of joined datasets each must be known."""
    names = [value] if value in known else value.split(JOINT)
    for name in names:
        text = known.get(name.strip(), f"{name.strip()} is not known on this machine.")
        if text:
            return text
    return ""


def method_problem(method: str, dataset: str, facts: DataFacts) -> str:
    """Say why the data do not allow a contrastive method, "" where they do."""
    if not facts.clips or facts.captions > 1 or method not in ("caption-ntxent", "caption-proxy"):
        return ""
    return (
        f"Every clip of {dataset} has one caption only, but {method_title(method)} compares "
        "two of the same clip; choose a method between audio and text."
    )


def get_value(values: Any, path: str) -> Any:
    """Return what stands at a dotted path."""
    for part in path.split("."):
        values = values[int(part)] if isinstance(values, list) else values[part]
    return values


def set_value(values: Any, path: str, value: Any) -> None:
    """Put a value at a dotted path."""
    *parents, last = path.split(".")
    for part in parents:
        values = values[int(part)] if isinstance(values, list) else values[part]
    values[last] = value


def _mend(values: dict[str, Any], base: RunConfig, problems: Mapping[str, str]) -> None:
    """Put what the preset says in place of what is impossible."""
    usual = base.model_dump(mode="json")
    for path in problems:
        if path.startswith(PREFIX):
            if values["objectives"]:
                term = values["objectives"][0]
                field = path.rpartition(".")[2]
                term[field] = OBJECTIVE_CONFIGS[term["name"]]().model_dump(mode="json")[field]
        elif "." in path or path in values:
            set_value(values, path, get_value(usual, path))


def row_of(path: str, rows: Rows) -> str:
    """Return the row that shows a finding: the field itself, else the first of its section."""
    if path in rows:
        return path
    inside = [name for name in rows if path and name.startswith(f"{path}.")]
    return inside[0] if inside else "training.batch_size"


def _readable(path: str, sentence: str, rows: Rows) -> str:
    row = rows.get(path)
    if row is not None:
        sentence = sentence.replace(path, row.title, 1)
    else:
        sentence = sentence.removeprefix(f"{path}: ")
    return sentence[:1].upper() + sentence[1:].rstrip(".") + "."
