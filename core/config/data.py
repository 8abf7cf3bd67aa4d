"""What a run is trained on, and how several datasets and their folders are written in one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, field_validator

from core.config.section import Section
from core.errors import DatasetError

JOINT = "+"


def part_roots(names: Sequence[str], root: str) -> dict[str, str]:
    """Return the folder of each of the joined datasets `names`, empty where `root` has none.

    `root` is one folder for all, or a list as in ``clotho=/data/clotho; macs=/data/macs``.

    Raises `DatasetError` for a list with something that is no folder of one of the datasets.
    """
    items = [item.strip().partition("=") for item in root.split(";") if item.strip()]
    wrong = [item for item in items if not item[1] or item[0].strip() not in names]
    if len(wrong) == len(items):
        return dict.fromkeys(names, root)
    if wrong:
        raise DatasetError(
            f"'{''.join(wrong[0])}' says no folder of {' or '.join(names)}; write "
            f"{folder_list(names)}."
        )
    listed = {name.strip(): folder.strip() for name, _, folder in items}
    return {name: listed.get(name, "") for name in names}


def folder_list(names: Sequence[str]) -> str:
    """Return an example of how the folders of several datasets are written."""
    return "; ".join(f"{name}=FOLDER" for name in names)


class DataConfig(Section):
    """What the run is trained on."""

    dataset: str = Field(
        "starter-scenes",
        title="Dataset",
        description="What is trained on: one dataset, or several as clotho+macs; the first of "
        "those with a validation split validates.",
    )
    root: str = Field(
        "",
        title="Dataset folder",
        description="Where the dataset lies; empty for its known place. For several: one folder "
        "for all, or clotho=/data/a; macs=/data/b.",
    )
    encoder: str = Field(
        "yamnet",
        title="Encoder",
        description="Frozen audio encoder whose frame embeddings the caption model hears.",
    )
    train_clips: int = Field(
        0, ge=0, title="Training clips", description="Use only the first n clips; 0 uses all."
    )
    validation_clips: int = Field(
        0, ge=0, title="Validation clips", description="Use only the first n clips; 0 uses all."
    )
    feature_dtype: Literal["float32", "float16"] = Field(
        "float32",
        title="Feature precision",
        description="Number type of the stored frame embeddings.",
    )
    resident_share: float = Field(
        0.5,
        ge=0,
        le=1,
        title="Memory for features",
        description="Share of free memory that the training features may fill, so that a batch is "
        "only an index; larger ones are streamed from the disk.",
    )

    rehearsal: int = Field(
        0,
        ge=0,
        title="Rehearsal",
        description="Captions of the starter model's own training that every epoch shows again, "
        "so that fine-tuning forgets less of what it knew; 0 shows none.",
    )

    @field_validator("dataset", mode="before")
    @classmethod
    def _joined(cls, value: Any) -> Any:
        """Take a list of datasets as well."""
        return JOINT.join(map(str, value)) if value and isinstance(value, list | tuple) else value

    @field_validator("root", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        """Take a table of folders as well."""
        if not value or not isinstance(value, Mapping):
            return value
        return "; ".join(f"{name}={folder}" for name, folder in value.items())
