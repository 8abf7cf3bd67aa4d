"""Which settings stand in the set-up pane, and where."""

from __future__ import annotations

from pydantic import BaseModel

from core.config import CaptionNTXentConfig, RunConfig

CONTRAST = "objectives.0."
RUN = ("name", "data.dataset", "data.encoder")
CONTRAST_BASIC = ("weight", "temperature", "start_epoch")
TRAINING = (
    "training.epochs",
    "training.batch_size",
    "optimizer.learning_rate",
    "device",
    "seed",
)
_NEVER = ("schema_version", "preset", "objectives", "name")
METHODS: dict[str, type[BaseModel]] = {"caption-ntxent": CaptionNTXentConfig}


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


def contrast_paths(method: str) -> list[str]:
    """Return the paths of a contrastive method's settings, the everyday ones first."""
    names = [name for name in METHODS[method].model_fields if name != "name"]
    rest = [name for name in names if name not in CONTRAST_BASIC]
    return [CONTRAST + name for name in (*CONTRAST_BASIC, *rest)]
