"""What a run measures between its epochs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from core.config.section import Section


class ValidationConfig(Section):
    """What is measured between epochs, and which checkpoint counts as best."""

    every_epochs: int = Field(
        1, ge=1, le=10_000, title="Validate every", description="Epochs between two validations."
    )
    monitor: Literal["loss", "cider_d", "rouge_l", "bleu_1", "bleu_4", "vocabulary"] = Field(
        "loss",
        title="Best by",
        description="Selects the best checkpoint: the lowest loss or the highest metric.",
    )
    caption_clips: int = Field(
        0,
        ge=0,
        title="Captioned clips",
        description="Validation clips captioned for CIDEr-D and vocabulary each time; 0 is none.",
    )
    previews: int = Field(
        4,
        ge=0,
        le=64,
        title="Preview clips",
        description="Fixed clips whose captions are kept each time.",
    )
    final_split: str = Field(
        "",
        title="Score at the end",
        description="Split on which the best checkpoint is scored by all metrics; empty is none.",
    )

    @model_validator(mode="after")
    def _metrics_need_captions(self) -> ValidationConfig:
        if self.monitor != "loss" and self.caption_clips < 2:
            raise ValueError(
                f"best by {self.monitor} needs at least 2 captioned clips, not {self.caption_clips}"
            )
        return self
