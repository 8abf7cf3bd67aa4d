"""Configurations side by side: one row a setting, one value a system."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.config import RunConfig, field_info
from core.models.checkpoint_files import objective_of

# They name a run, they do not decide it.
_NAMES_ONLY = frozenset({"schema_version", "name", "preset"})
_SECTIONS = {
    "data": "Data",
    "model": "Model",
    "optimizer": "Optimizer",
    "training": "Training",
    "objectives": "Contrast",
    "validation": "Validation",
    "decoding": "Decoding",
}


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting: `values` in the order of the systems, None where a system has none such."""

    path: str
    section: str
    title: str
    help: str
    values: tuple[str | None, ...]

    @property
    def differs(self) -> bool:
        """Whether the systems disagree."""
        return len(set(self.values)) > 1


def compare_configs(configs: Sequence[RunConfig]) -> list[SettingRow]:
    """Return every setting of any of the configurations, in the order of the form."""
    flat = [dict(_flatten(config)) for config in configs]
    order: dict[str, None] = {}
    for values in flat:
        order.update(dict.fromkeys(values))
    sections = ["", *_SECTIONS]
    ranked = sorted(order, key=lambda path: sections.index(_section_of(path)))
    return [_row(path, [values.get(path) for values in flat]) for path in ranked]


def _row(path: str, values: list[str | None]) -> SettingRow:
    info = field_info(path)
    title = info.title if info is not None and info.title else path.rsplit(".", 1)[-1]
    help_text = info.description if info is not None and info.description else ""
    section = _SECTIONS.get(_section_of(path), "Run")
    return SettingRow(path, section, title, help_text, tuple(values))


def _section_of(path: str) -> str:
    first = path.split(".", 1)[0]
    return first if first in _SECTIONS else ""


def _flatten(config: RunConfig) -> Iterator[tuple[str, str]]:
    for key, value in config.model_dump(mode="json").items():
        if key in _NAMES_ONLY:
            continue
        if key == "objectives":
            yield "objectives", objective_of(config)
            # By name, not by position: the same term stands in the same row for every system.
            for term in value:
                name = term["name"]
                for inner, content in term.items():
                    if inner != "name":
                        yield f"objectives.{name}.{inner}", _spoken(content)
        elif isinstance(value, dict):
            for inner, content in value.items():
                yield f"{key}.{inner}", _spoken(content)
        else:
            yield key, _spoken(value)


def _spoken(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)
