"""Which settings stand in the set-up pane, and where."""

from __future__ import annotations

from pydantic import BaseModel

from core.config import RunConfig
from core.config.objectives import OBJECTIVE_CONFIGS

RUN = ("name", "data.dataset", "data.encoder")
TRAINING = (
    "training.epochs",
    "training.batch_size",
    "optimizer.learning_rate",
    "device",
    "seed",
)
# Of a loss term, what is in sight without opening Advanced, where the method has it.
CONTRAST = ("weight", "temperature", "start_epoch", "proxy_epochs")
_NEVER = ("schema_version", "preset", "objectives", "name")


def advanced_sections() -> list[tuple[str, list[str]]]:
    """Return (heading, paths) of every setting that is not among the first ones."""
    basic = {*RUN, *TRAINING}
    sections = []
    for name, info in RunConfig.model_fields.items():
        section = info.annotation
        if name in _NEVER or not (isinstance(section, type) and issubclass(section, BaseModel)):
            continue
        paths = [f"{name}.{field}" for field in section.model_fields]
        sections.append((str(info.title), [path for path in paths if path not in basic]))
    return sections


def contrast_fields(method: str) -> tuple[list[str], list[str]]:
    """Return the names of a loss term's everyday settings and of its others."""
    names = [name for name in OBJECTIVE_CONFIGS[method].model_fields if name != "name"]
    first = [name for name in CONTRAST if name in names]
    return first, [name for name in names if name not in first]
